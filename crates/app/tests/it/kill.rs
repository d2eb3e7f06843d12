//! What was acknowledged outlives `kill -9`. A smoke test: the benchmark crate kills far more often.

use crate::program::{World, on_each};
use serde_json::json;
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_a_kill() {
    on_each(async |world: World| {
        world.create_account("ann", "correct horse");
        let mut acknowledged = BTreeSet::new();
        for round in 0..3 {
            let mut server = world.serve_with(&["--rate-limit-bucket", "1000000"]);
            let ann = server.client().sign_in("ann", "correct horse").await;
            let began = Instant::now();
            let writers = (0..4).map(|writer| {
                let ann = ann.clone();
                tokio::spawn(async move {
                    let mut made = Vec::new();
                    for number in 0.. {
                        let name = format!("{round}.{writer}.{number}");
                        let document = json!({ "data": { "type": "product", "attributes": { "name": name } } });
                        let (ann, attempt) = (ann.clone(), document);
                        // The client panics where the connection breaks, which is how each writer ends.
                        let answer = tokio::spawn(async move { ann.post("/v5/products", attempt).await }).await;
                        let Ok(answer) = answer else { break };
                        answer.is(201);
                        made.push(name);
                    }
                    made
                })
            });
            let writers: Vec<_> = writers.collect();
            tokio::time::sleep(Duration::from_millis(300)).await;
            server.signal("-KILL");
            server.wait();
            for writer in writers {
                acknowledged.extend(writer.await.expect("every answer was a success"));
            }
            assert!(began.elapsed() < Duration::from_secs(30));
        }
        assert!(acknowledged.len() > 12, "{} writes are too few to tell anything", acknowledged.len());

        let server = world.serve_with(&["--rate-limit-bucket", "1000000"]);
        let ann = server.client().sign_in("ann", "correct horse").await;
        let mut found = BTreeSet::new();
        for page in 1.. {
            let list = ann.get(&format!("/v5/products?page[number]={page}&page[size]=100")).await;
            let items = list.is(200)["data"].as_array().unwrap();
            found.extend(items.iter().map(|item| item["attributes"]["name"].as_str().unwrap().to_owned()));
            if items.len() < 100 {
                break;
            }
        }
        let lost: Vec<_> = acknowledged.difference(&found).collect();
        assert!(lost.is_empty(), "{} of {} were lost: {lost:?}", lost.len(), acknowledged.len());
        server.stop();
    })
    .await;
}
