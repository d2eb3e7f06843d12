use crate::program::{World, on_each, path};

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    on_each(async |world: World| {
        world.create_account("ann", "correct horse");
        let forge = |version: &str| {
            let sql = format!("update meta set value = '{version}' where key = 'schema_version'");
            if world.database.backend() == impstead_testkit::Backend::Sqlite {
                rusqlite::Connection::open(world.data().join("impstead.db")).unwrap().execute_batch(&sql).unwrap();
            } else {
                world.database.script(&sql);
            }
        };
        forge("999");
        let (data, url) = (world.data(), world.database.url());
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", path(&data), "--database", &url];
        for outcome in [crate::program::run(&arguments, ""), world.run(&["migrate"]), world.run(&["backup", "-"])] {
            let stderr = outcome.fails(1);
            assert!(stderr.contains("schema version 999"), "{stderr}");
            assert!(stderr.contains("run the newer impstead that wrote them"), "{stderr}");
        }
        forge(&impstead_store::SCHEMA_VERSION.to_string());
        world.serve().stop();
        let migrated = world.run(&["migrate"]);
        assert!(migrated.ok().starts_with("the schema is up to date"), "{}", migrated.stdout);
    })
    .await;
}
