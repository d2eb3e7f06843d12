use super::*;
use impstead_model::SystemEntropy;
use impstead_store::{Act, NewAccount, NewLoginKey};
use impstead_testkit::{Backend, Database};
use std::os::unix::fs::PermissionsExt;

const NOW_MS: i64 = 1_772_442_904_221;

/// A database with sealed values, and a data directory with their key.
struct World {
    store: Store,
    entropy: Arc<dyn Entropy>,
    directory: Directory,
    account: AccountId,
    // Dropped last.
    _directory: tempfile::TempDir,
    _database: Database,
}

const LOGIN_KEYS: [&str; 2] = ["0123456789abcdef", "fedcba9876543210"];
const TOTP_SECRET: &[u8] = b"twenty random bytes.";

impl World {
    async fn new(backend: Backend) -> Self {
        let database = Database::create(backend);
        let location = database.location();
        let store = tokio::task::spawn_blocking(move || Store::open(&location)).await.unwrap().unwrap();
        store.migrate().await.unwrap();
        let temporary = tempfile::tempdir().unwrap();
        let directory = Directory::new(temporary.path());
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let act = || Act { actor: impstead_model::Actor::OPERATOR, at_ms: NOW_MS, entropy: Arc::clone(&entropy) };
        let new = NewAccount {
            username: "grower".into(),
            email: "grower@example.net".into(),
            password_hash: "$argon2id$".into(),
            production: true,
        };
        let account = store.create_account(new, act()).await.unwrap().id;
        let key = load(&directory, &store, &entropy, NOW_MS).await.unwrap();
        for login_key in LOGIN_KEYS {
            let new = NewLoginKey {
                account: account.clone(),
                lookup: key.lookup(login_key).to_vec(),
                sealed: key.seal(Purpose::LoginKey, login_key.as_bytes(), &*entropy),
                description: None,
            };
            store.create_login_key(new, act()).await.unwrap();
        }
        store.begin_totp(&account, key.seal(Purpose::Totp, TOTP_SECRET, &*entropy), act()).await.unwrap();
        Self { store, entropy, directory, account, _directory: temporary, _database: database }
    }

    async fn load(&self) -> Result<ServerKey> {
        load(&self.directory, &self.store, &self.entropy, NOW_MS).await
    }

    /// Asserts that the next start has a key that opens everything, and returns the key file's text.
    async fn is_whole(&self) -> String {
        let key = self.load().await.unwrap();
        for login_key in LOGIN_KEYS {
            let found = self.store.login_key(&self.account, &key.lookup(login_key)).await.unwrap().expect(login_key);
            assert_eq!(key.open(Purpose::LoginKey, &found.sealed).as_deref(), Some(login_key.as_bytes()));
        }
        let sealed = self.store.credentials(&self.account).await.unwrap().unwrap().totp_secret.unwrap();
        assert_eq!(key.open(Purpose::Totp, &sealed).as_deref(), Some(TOTP_SECRET));
        assert!(!next_file(&self.directory).exists(), "an interrupted change was completed");
        assert_eq!(mismatch(&self.directory, &self.store).await.unwrap(), None);
        std::fs::read_to_string(file(&self.directory)).unwrap()
    }
}

async fn on_each(test: impl AsyncFn(World)) {
    for backend in impstead_testkit::backends() {
        test(World::new(backend).await).await;
    }
}

#[tokio::test]
async fn the_key_is_made_once_and_for_its_owner_only() {
    on_each(async |world: World| {
        let first = world.is_whole().await;
        assert_eq!(world.is_whole().await, first);
        assert_eq!(STANDARD.decode(first.trim()).unwrap().len(), 32);
        let mode = file(&world.directory).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    })
    .await;
}

#[tokio::test]
async fn a_change_seals_everything_anew_and_keeps_the_old_key_for_old_backups() {
    on_each(async |world: World| {
        let before = world.is_whole().await;
        let resealed = rotate(&world.directory, &world.store, &world.entropy, NOW_MS).await.unwrap();
        assert_eq!(resealed, 3);
        let after = world.is_whole().await;
        assert_ne!(before, after);
        let kept = world.directory.path().join(format!("server.key.until-{NOW_MS}"));
        assert_eq!(std::fs::read_to_string(&kept).unwrap(), before);
        assert_eq!(kept.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    })
    .await;
}

#[tokio::test]
async fn a_crash_after_any_step_of_a_change_is_made_good_by_the_next_start() {
    on_each(async |world: World| {
        let mut before = world.is_whole().await;
        for steps in 0..=3 {
            // 0: before the new key is in place, and with half a file of it.
            let half = added(&next_file(&world.directory), ".new");
            std::fs::write(&half, "AAAA").unwrap();
            if steps >= 1 {
                prepare(&world.directory, &*world.entropy).unwrap();
            }
            if steps >= 2 {
                reseal(&world.directory, &world.store, &world.entropy).await.unwrap();
            }
            if steps >= 3 {
                // Within the third step: the old key is kept, the new one is not yet in place.
                let current = file(&world.directory);
                std::fs::hard_link(&current, added(&current, &format!(".until-{NOW_MS}"))).unwrap();
            }
            let after = world.is_whole().await;
            assert_eq!(after != before, steps >= 1, "after {steps} steps");
            before = after;
            let _ = std::fs::remove_file(added(&file(&world.directory), &format!(".until-{NOW_MS}")));
        }
    })
    .await;
}

#[tokio::test]
async fn a_change_asked_for_again_after_a_crash_goes_on_with_the_key_it_began_with() {
    on_each(async |world: World| {
        prepare(&world.directory, &*world.entropy).unwrap();
        reseal(&world.directory, &world.store, &world.entropy).await.unwrap();
        let begun = std::fs::read_to_string(next_file(&world.directory)).unwrap();
        rotate(&world.directory, &world.store, &world.entropy, NOW_MS).await.unwrap();
        assert_eq!(world.is_whole().await, begun);
    })
    .await;
}

#[tokio::test]
async fn a_lost_or_foreign_key_is_noticed_before_anything_is_changed() {
    on_each(async |world: World| {
        let key = world.is_whole().await;
        std::fs::remove_file(file(&world.directory)).unwrap();
        let error = world.load().await.err().unwrap().to_string();
        assert!(error.contains("is missing") && error.contains("login keys"), "{error}");
        assert!(mismatch(&world.directory, &world.store).await.unwrap().unwrap().contains("is missing"));

        write(&file(&world.directory), &[9; 32]).unwrap();
        assert!(mismatch(&world.directory, &world.store).await.unwrap().unwrap().contains("is not the key"));
        let error = rotate(&world.directory, &world.store, &world.entropy, NOW_MS).await.unwrap_err();
        assert!(error.to_string().contains("nothing was changed"), "{error:#}");
        assert!(!next_file(&world.directory).exists(), "a change that was refused is not one that was interrupted");
        assert!(world.load().await.err().unwrap().to_string().contains("is not the key"));
        std::fs::write(file(&world.directory), "nonsense").unwrap();
        assert!(world.load().await.err().unwrap().to_string().contains("damaged"));

        std::fs::write(file(&world.directory), key).unwrap();
        world.is_whole().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_lost_key_sealed_can_be_given_up() {
    on_each(async |world: World| {
        std::fs::remove_file(file(&world.directory)).unwrap();
        let entropy = Arc::clone(&world.entropy);
        let act = Act { actor: impstead_model::Actor::OPERATOR, at_ms: NOW_MS, entropy };
        let discard = || discard_unreadable(&world.directory, &world.store, &world.entropy, &act);
        assert_eq!(discard().await.unwrap(), (2, 1));
        assert_eq!(discard().await.unwrap(), (0, 0));
        world.load().await.unwrap();
        assert_eq!(sealed_of(&world.store, &world.account).await.unwrap().len(), 0);
    })
    .await;
}
