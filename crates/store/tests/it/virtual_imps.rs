use crate::fixture::*;
use impstead_model::{DeviceGroupType, DeviceId, MoveRefusal, Role};
use impstead_store::{
    Conflict, NewBoard, NewDevice, NewVirtualImp, OWN_BOARD, Page, PoweredImp, QuotaChange, VirtualImp,
    VirtualImpChange, Wake,
};
use std::{collections::BTreeMap, sync::Arc};

async fn imp(db: &Db, owner: &impstead_model::AccountId, is_started: bool) -> VirtualImp {
    let new = NewVirtualImp { device: new_device(owner), name: Some("Bed 7".into()), is_started, board: None };
    db.store.create_virtual_imp(new, db.act(owner)).await.unwrap()
}

async fn a_virtual_imp_is_a_device(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let mut wakes = db.store.wakes();
    let made = imp(&db, &ann, true).await;
    assert_eq!(wakes.recv().await.unwrap(), Wake::VirtualImp(made.device.id.clone()));
    let device = db.store.device(made.device.id.as_str()).await.unwrap().unwrap();
    assert_eq!((device.name.as_deref(), &device), (Some("Bed 7"), &made.device));
    let found = db.store.virtual_imp(&device.id).await.unwrap().unwrap();
    assert_eq!((found.device, found.is_started, found.created_ms), (device.clone(), true, db.now_ms()));
    assert!(db.store.delete_device(&device.id, db.act(&ann)).await.unwrap());
    assert!(db.store.virtual_imp(&device.id).await.unwrap().is_none());
    assert_eq!(db.count("virtual_imp"), 0);
    let other = db.device(&ann).await;
    assert!(db.store.virtual_imp(&other.id).await.unwrap().is_none(), "it is an ordinary device");
}

async fn it_counts_as_a_device(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let limit = QuotaChange { devices: Some(Some(1)), ..QuotaChange::default() };
    db.store.set_quota(&ann, limit, db.operator()).await.unwrap();
    imp(&db, &ann, true).await;
    let new = NewVirtualImp { device: new_device(&ann), name: None, is_started: true, board: None };
    let refused = conflict(db.store.create_virtual_imp(new, db.act(&ann)).await);
    assert!(matches!(refused, Conflict::QuotaReached { limit: 1, .. }), "{refused:?}");
    assert_eq!(db.count("virtual_imp"), 1);
}

async fn it_is_started_and_stopped(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let id = imp(&db, &ann, false).await.device.id;
    assert_eq!(db.store.started_virtual_imps().await.unwrap(), []);
    assert_eq!(db.store.power_virtual_imp(&id, [5; 32]).await.unwrap(), None, "it is to have no power");
    let key = db.store.device_public_key(&id).await.unwrap();
    let mut wakes = db.store.wakes();
    let started = db.store.start_virtual_imp(&id, true, db.act(&ann)).await.unwrap().unwrap();
    assert!(started.is_started);
    assert_eq!(wakes.recv().await.unwrap(), Wake::VirtualImp(id.clone()));
    // Again changes nothing.
    db.store.start_virtual_imp(&id, true, db.act(&ann)).await.unwrap().unwrap();
    assert_eq!(db.count("audit where action = 'virtual_imp.start'"), 1);
    assert_eq!(db.store.started_virtual_imps().await.unwrap(), [(id.clone(), 0)]);
    let powered = db.store.power_virtual_imp(&id, [5; 32]).await.unwrap();
    assert_eq!(
        powered,
        Some(PoweredImp {
            imp_type: "imp003".into(),
            board: None,
            board_number: 0,
            inputs: BTreeMap::new(),
            kept: None,
            flash: Vec::new()
        })
    );
    assert_ne!(db.store.device_public_key(&id).await.unwrap(), key);
    db.store.keep_virtual_imp(&id, vec![1, 2]).await.unwrap();
    assert_eq!(db.store.power_virtual_imp(&id, [8; 32]).await.unwrap().unwrap().kept, Some(vec![1, 2]));
    let changes = vec![(3, Some(vec![3])), (1, Some(vec![1])), (2, Some(vec![2])), (2, None), (1, Some(vec![9]))];
    db.store.keep_virtual_imp_flash(&id, changes).await.unwrap();
    let flash = db.store.power_virtual_imp(&id, [8; 32]).await.unwrap().unwrap().flash;
    assert_eq!(flash, [(1, vec![9]), (3, vec![3])]);
    assert!(!db.store.start_virtual_imp(&id, false, db.act(&ann)).await.unwrap().unwrap().is_started);
    let nothing = DeviceId::new("nothing");
    assert!(db.store.start_virtual_imp(&nothing, true, db.act(&ann)).await.unwrap().is_none());
    assert_eq!(db.store.power_virtual_imp(&nothing, [5; 32]).await.unwrap(), None);
}

async fn it_is_put_on_boards_and_something_is_done_to_it(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let ready = NewBoard { name: "environment".into(), file: None };
    let new = NewVirtualImp { device: new_device(&ann), name: None, is_started: true, board: Some(ready.clone()) };
    let made = db.store.create_virtual_imp(new, db.act(&ann)).await.unwrap();
    let id = made.device.id.clone();
    assert_eq!((made.board.as_deref(), made.board_number), (Some("environment"), 0));
    assert_eq!(db.store.virtual_imp_board(&id).await.unwrap(), Some(ready.clone()));
    let mut wakes = db.store.wakes();
    let change = async |change| db.store.change_virtual_imp(&id, change, db.act(&ann)).await.unwrap().unwrap();
    let inputs = BTreeMap::from([("pin1".to_owned(), "0".to_owned())]);
    let name = Some(Some("Bed 8".to_owned()));
    let changed = change(VirtualImpChange { name, inputs: Some(inputs.clone()), ..VirtualImpChange::default() }).await;
    assert_eq!((changed.device.name.as_deref(), &changed.inputs), (Some("Bed 8"), &inputs));
    let powered = db.store.power_virtual_imp(&id, [5; 32]).await.unwrap().unwrap();
    assert_eq!((powered.board, powered.board_number, powered.inputs), (Some(ready), 0, inputs.clone()));

    let own = NewBoard { name: OWN_BOARD.into(), file: Some("imp = \"imp005\"".into()) };
    let board = Some((Some(own.clone()), "imp005".to_owned()));
    change(VirtualImpChange { board, ..VirtualImpChange::default() }).await;
    assert_eq!(wakes.recv().await.unwrap(), Wake::VirtualImp(id.clone()), "of what is done to it nobody is woken");
    let found = db.store.virtual_imp(&id).await.unwrap().unwrap();
    assert_eq!((found.board.as_deref(), found.board_number), (Some(OWN_BOARD), 1));
    assert_eq!((found.device.imp_type.as_str(), found.inputs.len()), ("imp005", 0));
    assert_eq!(db.store.power_virtual_imp(&id, [5; 32]).await.unwrap().unwrap().board, Some(own));

    let (board, inputs) = (Some((None, "imp006".to_owned())), Some(inputs));
    let found = change(VirtualImpChange { name: Some(None), board, inputs, ..VirtualImpChange::default() }).await;
    assert_eq!((found.board, found.board_number, found.inputs.len(), found.device.name), (None, 2, 1, None));
    assert_eq!(db.store.virtual_imp_board(&id).await.unwrap(), None);
    assert_eq!(db.count("audit where action = 'virtual_imp.board'"), 2);
    assert_eq!(db.count("audit where action = 'device.update'"), 2);
    let nothing = DeviceId::new("nothing");
    let none = db.store.change_virtual_imp(&nothing, VirtualImpChange::default(), db.act(&ann)).await.unwrap();
    assert!(none.is_none());
    assert_eq!(db.store.virtual_imp_board(&nothing).await.unwrap(), None);
}

async fn a_list_holds_what_the_caller_reaches(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    let (first, second) = (imp(&db, &ann, true).await, imp(&db, &ann, false).await);
    db.device(&ann).await;
    let page = Page { number: 1, size: 100 };
    let list = async |reach: impstead_model::Reach, owner| {
        let mut ids: Vec<_> = db
            .store
            .virtual_imps(&reach, owner, page)
            .await
            .unwrap()
            .items
            .into_iter()
            .map(|imp| imp.device.id)
            .collect();
        ids.sort();
        ids
    };
    let mut both = vec![first.device.id, second.device.id];
    both.sort();
    assert_eq!(list(reach(&ann), None).await, both);
    assert_eq!(list(reach(&bob), None).await, []);
    assert_eq!(list(reach(&bob), Some(&ann)).await, []);
    assert_eq!(list(reach_with(&bob, &[(&ann, Role::Developer)]), Some(&ann)).await, both);
}

async fn those_that_are_blank_wait_for_a_fixture(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    let fixture = db.device(&ann).await.id;
    let (first, second) = (imp(&db, &ann, true).await.device.id, imp(&db, &ann, true).await.device.id);
    imp(&db, &ann, false).await;
    imp(&db, &bob, true).await;
    let product = db.product(&ann, "P").await;
    let group = db.group(&product, "G", DeviceGroupType::Development).await;
    let assigned = imp(&db, &ann, true).await.device.id;
    db.store.assign_device(&group.id, &assigned, db.act(&ann)).await.unwrap().unwrap();
    let card = NewDevice { imp_type: "imp001".into(), ..new_device(&ann) };
    let new = NewVirtualImp { device: card, name: None, is_started: true, board: None };
    db.store.create_virtual_imp(new, db.act(&ann)).await.unwrap();
    let mut expected = vec![first.clone(), second];
    let mut found = db.store.blank_virtual_imps(&fixture).await.unwrap();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(db.store.blank_virtual_imps(&first).await.unwrap().len(), 1, "it is none of them itself");
    assert!(db.store.unassign_device(&group.id, &assigned, db.act(&ann)).await.unwrap());
    let mut found = db.store.blank_virtual_imps(&fixture).await.unwrap();
    found.sort();
    assert_eq!(found, expected, "what was in a group has code");
}

async fn what_is_done_to_it_at_once_is_not_lost(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let id = imp(&db, &ann, true).await.device.id;
    for round in ["0", "1", "board"] {
        let changes = ["pin1", "pin2", "pin5"].map(|pin| {
            let (inputs, left) = match round {
                "board" => (None, vec![pin.to_owned()]),
                level => (Some(BTreeMap::from([(pin.to_owned(), level.to_owned())])), Vec::new()),
            };
            let change = VirtualImpChange { inputs, left, on_board: Some(0), ..VirtualImpChange::default() };
            db.store.change_virtual_imp(&id, change, db.act(&ann))
        });
        let [first, second, third] = changes;
        let (first, second, third) = tokio::join!(first, second, third);
        for changed in [first, second, third] {
            changed.unwrap().unwrap();
        }
        let done = db.store.virtual_imp(&id).await.unwrap().unwrap().inputs;
        let expected = match round {
            "board" => BTreeMap::new(),
            level => ["pin1", "pin2", "pin5"].map(|pin| (pin.to_owned(), level.to_owned())).into(),
        };
        assert_eq!(done, expected);
    }
    let inputs = Some(BTreeMap::from([("pin1".to_owned(), "0".to_owned())]));
    let late = VirtualImpChange { inputs, on_board: Some(7), ..VirtualImpChange::default() };
    assert_eq!(conflict(db.store.change_virtual_imp(&id, late, db.act(&ann)).await), Conflict::OtherBoard);
    assert_eq!(db.store.virtual_imp(&id).await.unwrap().unwrap().inputs, BTreeMap::new());
}

async fn in_the_factory_no_board_makes_it_an_imp001(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let id = imp(&db, &ann, true).await.device.id;
    let put = async |imp_type: &str| {
        let board = Some((None, imp_type.to_owned()));
        db.store.change_virtual_imp(&id, VirtualImpChange { board, ..VirtualImpChange::default() }, db.act(&ann)).await
    };
    assert_eq!(put("imp001").await.unwrap().unwrap().device.imp_type, "imp001", "it is nowhere");
    let put_on = put("imp005").await.unwrap().unwrap().device;
    assert_eq!((put_on.imp_type.as_str(), put_on.updated_ms), ("imp005", db.now_ms()));
    assert_eq!(db.store.device(id.as_str()).await.unwrap().unwrap().updated_ms, db.now_ms());
    let product = db.product(&ann, "P").await;
    let fixtures = db.group(&product, "Fixtures", DeviceGroupType::FactoryFixture).await;
    db.store.assign_device(&fixtures.id, &id, db.act(&ann)).await.unwrap().unwrap();
    assert_eq!(conflict(put("imp001").await), Conflict::Move(MoveRefusal::HardwareNotAllowed));
    assert_eq!(put("imp003").await.unwrap().unwrap().board_number, 3);
}

contract![
    those_that_are_blank_wait_for_a_fixture,
    a_virtual_imp_is_a_device,
    it_counts_as_a_device,
    it_is_started_and_stopped,
    it_is_put_on_boards_and_something_is_done_to_it,
    a_list_holds_what_the_caller_reaches,
    what_is_done_to_it_at_once_is_not_lost,
    in_the_factory_no_board_makes_it_an_imp001,
];
