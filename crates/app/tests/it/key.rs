use crate::program::{World, on_each, path};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

#[tokio::test(flavor = "multi_thread")]
async fn login_keys_go_on_through_a_change_of_the_server_key() {
    on_each(async |world: World| {
        let server = world.serve();
        world.create_account("ann", "correct horse");
        let ann = server.client().sign_in("ann", "correct horse").await;
        let confirmed = ann.with_header("X-Electricimp-Password", "correct horse");
        let made = confirmed.post("/v5/accounts/me/login_keys", json!({ "data": { "type": "login_key" } })).await;
        let key = made.id();
        let exchange = json!({ "key": key });

        // Requests go on coming in meanwhile, and none gets a wrong answer. A connection on which no request has come yet
        // may be closed by the pause, as by any orderly stop; then the client tries again.
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let traffic = tokio::spawn({
            let (client, exchange, stop, answered) =
                (server.client(), exchange.clone(), Arc::clone(&stop), Arc::clone(&answered));
            async move {
                while !stop.load(Ordering::Relaxed) {
                    let (client, exchange) = (client.clone(), exchange.clone());
                    let attempt = tokio::spawn(async move { client.post("/v5/auth/token", exchange).await });
                    let Ok(answer) = attempt.await else { continue };
                    answer.is(200);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        let file = world.data().join("server.key");
        let before = std::fs::read_to_string(&file).unwrap();
        let rotate = world.run_by_directory(&["admin", "rotate-key"]);
        assert!(rotate.ok().contains("1 values were sealed anew"), "{}", rotate.stdout);
        assert_ne!(std::fs::read_to_string(&file).unwrap(), before);
        let so_far = answered.load(Ordering::Relaxed);
        while answered.load(Ordering::Relaxed) < so_far + 3 && !traffic.is_finished() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        stop.store(true, Ordering::Relaxed);
        traffic.await.expect("no answer was wrong");
        assert_eq!(ann.get(&format!("/v5/accounts/me/login_keys/{key}")).await.status, 200);
        server.stop();

        world.run(&["admin", "rotate-key"]).ok();
        let server = world.serve();
        server.client().post("/v5/auth/token", exchange).await.is(200);
        server.stop();

        std::fs::remove_file(&file).unwrap();
        let (data, url) = (world.data(), world.database.url());
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", path(&data), "--database", &url];
        let refused = crate::program::run(&arguments, "");
        assert!(refused.fails(1).contains("--discard-unreadable"), "{}", refused.stderr);
        let discard = world.run(&["admin", "rotate-key", "--discard-unreadable"]);
        assert!(discard.ok().starts_with("gave up 1 login keys and 0 enrolments"), "{}", discard.stdout);
        world.serve().stop();
    })
    .await;
}
