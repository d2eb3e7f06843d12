use crate::fixture::*;
use impstead_model::Role;
use impstead_store::{Conflict, Page};
use std::sync::Arc;

async fn a_collaborator_is_added_changed_and_removed(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    let epoch = db.store.session_epoch();
    let added = db.store.add_collaborator(&ann, &bob, Role::Developer, db.act(&ann)).await.unwrap();
    assert_eq!(
        (&added.owner, &added.account, added.username.as_str(), added.role),
        (&ann, &bob, "bob", Role::Developer)
    );
    assert_eq!((added.created_ms, added.updated_ms), (db.now_ms(), db.now_ms()));
    assert_eq!(db.store.collaborator(&ann, &bob).await.unwrap(), Some(added.clone()));
    assert_eq!(db.store.collaborator(&bob, &ann).await.unwrap(), None);
    let epoch_then = db.store.session_epoch();
    assert!(epoch_then > epoch);

    let set = async |role| db.store.set_collaborator_role(&ann, &bob, role, db.act(&ann)).await.unwrap();
    assert_eq!(set(Role::Developer).await, Some(added.clone()));
    assert_eq!(db.store.session_epoch(), epoch_then);
    let changed = set(Role::Support).await.unwrap();
    assert_eq!((changed.role, changed.created_ms, changed.updated_ms), (Role::Support, added.created_ms, db.now_ms()));
    assert!(db.store.session_epoch() > epoch_then);

    let epoch = db.store.session_epoch();
    assert!(db.store.remove_collaborator(&ann, &bob, db.act(&ann)).await.unwrap());
    assert!(db.store.session_epoch() > epoch);
    assert!(!db.store.remove_collaborator(&ann, &bob, db.act(&ann)).await.unwrap());
    assert_eq!(set(Role::Developer).await, None);
    assert_eq!(db.store.collaborator(&ann, &bob).await.unwrap(), None);
}

async fn nobody_is_added_twice_or_to_themselves(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    let nobody = "nobody".to_owned().into();
    let add = async |owner, account| db.store.add_collaborator(owner, account, Role::Developer, db.act(&ann)).await;
    add(&ann, &bob).await.unwrap();
    assert_eq!(conflict(add(&ann, &bob).await), Conflict::Duplicate);
    assert_eq!(conflict(add(&ann, &ann).await), Conflict::Duplicate);
    assert_eq!(conflict(add(&ann, &nobody).await), Conflict::Missing("account"));
    assert_eq!(conflict(add(&nobody, &ann).await), Conflict::Missing("account"));
    add(&bob, &ann).await.unwrap();
}

async fn collaborators_are_listed_oldest_first(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let mut names = Vec::new();
    for name in ["zoe", "bob", "mia"] {
        let account = db.account(name).await.id;
        db.store.add_collaborator(&ann, &account, Role::Support, db.act(&ann)).await.unwrap();
        names.push(name.to_owned());
    }
    let list = async |page| {
        let page = db.store.collaborators(&ann, page).await.unwrap();
        (page.items.into_iter().map(|it| it.username).collect::<Vec<_>>(), page.more)
    };
    assert_eq!(list(ALL).await, (names.clone(), false));
    assert_eq!(list(Page { number: 1, size: 2 }).await, (names[..2].to_vec(), true));
    assert_eq!(list(Page { number: 2, size: 2 }).await, (names[2..].to_vec(), false));
    assert_eq!(list(Page { number: 3, size: 2 }).await, (Vec::new(), false));
}

contract![
    a_collaborator_is_added_changed_and_removed,
    nobody_is_added_twice_or_to_themselves,
    collaborators_are_listed_oldest_first,
];
