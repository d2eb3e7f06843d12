//! How code reaches devices, and when.

use super::Bed;
use crate::world::on_each;
use impstead_device_protocol::{
    CodeOutcome, CodeWant, DeviceFrame, Key, RestartReason, ServerFrame, ShutdownReason, Value, WakeReason,
};
use serde_json::json;

const FIRST: &str = "server.log(\"first\");";
const SECOND: &str = "server.log(\"second\");";

#[tokio::test]
async fn the_first_deployment_reaches_connected_devices_at_once_and_the_next_does_not() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        let mut device = bed.connect(&world).await;
        device.expect_nothing().await;
        bed.deploy(FIRST).await;
        assert_eq!(device.install().await, FIRST.as_bytes());
        bed.until_log_ends(&["status: Device connected", "status: Downloading new code; 16.83% program storage used"])
            .await;
        bed.deploy(SECOND).await;
        device.expect_nothing().await;
        bed.restart("restart").await;
        assert_eq!(device.install().await, SECOND.as_bytes());
        device.expect_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn new_code_is_taken_up_at_a_new_connection() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        bed.deploy(FIRST).await;
        let mut device = bed.connect(&world).await;
        let offer = device.expect_offer().await;
        assert_eq!(device.fetch(&offer).await, FIRST.as_bytes());
        device.answer_offer(&offer, CodeOutcome::INSTALLED, 9).await;
        device.expect_nothing().await;
        bed.deploy(SECOND).await;
        device.expect_nothing().await;
        let mut device = bed.connect_with_program(&world, offer.program, true).await;
        assert_eq!(device.install().await, SECOND.as_bytes());
        device.expect_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn a_device_that_has_the_program_is_offered_nothing() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        bed.deploy(FIRST).await;
        let mut device = bed.connect(&world).await;
        let program = device.expect_offer().await.program;
        let mut device = bed.connect_with_program(&world, program, false).await;
        device.expect_nothing().await;
        bed.deploy(SECOND).await;
        device.expect_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn new_code_is_taken_up_when_the_minimum_passes_what_runs() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        bed.deploy(FIRST).await;
        let mut device = bed.connect(&world).await;
        device.install().await;
        device.expect_nothing().await;
        let second = bed.deploy(SECOND).await;
        device.expect_nothing().await;
        let path = format!("/v5/devicegroups/{}/relationships/min_supported_deployment", bed.group);
        let minimum = json!({ "data": { "type": "deployment", "id": second } });
        bed.owner.put(&path, minimum).await.is(200);
        assert_eq!(device.install().await, SECOND.as_bytes());
    })
    .await;
}

#[tokio::test]
async fn a_restart_without_new_code_starts_the_program_again() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        bed.deploy(FIRST).await;
        let mut device = bed.connect(&world).await;
        device.install().await;
        device.expect_nothing().await;
        bed.restart("restart").await;
        let offer = device.expect_offer().await;
        assert_eq!(device.expect().await, ServerFrame::Restart(RestartReason::REQUESTED));
        device.answer_offer(&offer, CodeOutcome::HAVE_IT, 0).await;
        device.start(offer.program, WakeReason::SW_RESTART).await;
        device.expect_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn a_conditional_restart_asks() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        bed.deploy(FIRST).await;
        let mut device = bed.connect(&world).await;
        device.install().await;
        device.expect_nothing().await;
        bed.restart("conditional_restart").await;
        assert_eq!(device.expect().await, ServerFrame::Shutdown(ShutdownReason::OTHER));
        device.send(DeviceFrame::Restarting).await;
        assert_eq!(device.expect().await, ServerFrame::Restart(RestartReason::PROGRAM));
        bed.deploy(SECOND).await;
        bed.restart("conditional_restart").await;
        assert_eq!(device.expect().await, ServerFrame::Shutdown(ShutdownReason::NEWSQUIRREL));
        device.expect_nothing().await;
        device.send(DeviceFrame::Restarting).await;
        assert_eq!(device.install().await, SECOND.as_bytes());
        device.expect_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn a_restart_asked_for_while_the_device_is_away_is_carried_out_when_it_is_back() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        bed.deploy(FIRST).await;
        let mut device = bed.connect(&world).await;
        let offer = device.expect_offer().await;
        device.answer_offer(&offer, CodeOutcome::HAVE_IT, 0).await;
        device.expect_nothing().await;
        device.vanish();
        bed.until_online(false).await;
        bed.restart("restart").await;
        let mut device = bed.connect_with_program(&world, offer.program, true).await;
        device.expect_offer().await;
        assert_eq!(device.expect().await, ServerFrame::Restart(RestartReason::REQUESTED));
        device.expect_nothing().await;
        // It did not say that it has started again: perhaps it never heard.
        let mut device = bed.connect_with_program(&world, offer.program, true).await;
        device.expect_offer().await;
        assert_eq!(device.expect().await, ServerFrame::Restart(RestartReason::REQUESTED));
        device.start(offer.program, WakeReason::SW_RESTART).await;
        device.expect_nothing().await;
        let mut device = bed.connect_with_program(&world, offer.program, true).await;
        device.expect_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn a_device_that_moves_takes_the_code_of_its_new_group() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        bed.deploy(FIRST).await;
        let mut device = bed.connect(&world).await;
        device.install().await;
        let product = bed.owner.product("Orchard").await;
        let other = bed.owner.group(crate::world::DEVELOPMENT, &product, "trees").await;
        let mut document = crate::world::deployment(crate::world::DEVELOPMENT, &other);
        document["data"]["attributes"]["device_code"] = FIRST.into();
        bed.owner.post("/v5/deployments", document).await.is(201);
        bed.owner.assign(&other, &[&bed.identity.id]).await.is(204);
        let offer = device.expect_offer().await;
        assert_eq!(device.expect().await, ServerFrame::Restart(RestartReason::REASSIGNED), "the code is the same");
        device.answer_offer(&offer, CodeOutcome::HAVE_IT, 0).await;
        device.expect_nothing().await;
        bed.owner.remove(&other, &[&bed.identity.id]).await.is(204);
        assert_eq!(device.expect().await, ServerFrame::Unload);
        device.expect_nothing().await;
        bed.owner.assign(&bed.group, &[&bed.identity.id]).await.is(204);
        assert_eq!(device.install().await, FIRST.as_bytes());
        let empty = bed.owner.group(crate::world::DEVELOPMENT, &product, "bushes").await;
        bed.owner.assign(&empty, &[&bed.identity.id]).await.is(204);
        assert_eq!(device.expect().await, ServerFrame::Unload);
    })
    .await;
}

#[tokio::test]
async fn code_that_does_not_fit_is_not_offered_again() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        bed.deploy(FIRST).await;
        let mut device = bed.connect(&world).await;
        device.install().await;
        device.expect_nothing().await;
        bed.deploy(SECOND).await;
        bed.restart("restart").await;
        let offer = device.expect_offer().await;
        device.answer_offer(&offer, CodeOutcome::OUT_OF_SPACE, 12004).await;
        bed.until_log_ends(&["status: Out of space; 120.04% program storage used"]).await;
        bed.restart("restart").await;
        assert_eq!(device.expect().await, ServerFrame::Restart(RestartReason::REQUESTED), "it starts what it has");
        device.expect_nothing().await;
        bed.restart("conditional_restart").await;
        assert_eq!(device.expect().await, ServerFrame::Shutdown(ShutdownReason::OTHER));
        device.send(DeviceFrame::Restarting).await;
        assert_eq!(device.expect().await, ServerFrame::Restart(RestartReason::PROGRAM));
        let outcomes = [
            (CodeOutcome::CORRUPT, "status: New code arrived damaged"),
            (CodeOutcome::BAD_PROGRAM, "status: New code does not compile on the device"),
            (CodeOutcome::UNSUPPORTED, "status: The device cannot run Squirrel code"),
            (CodeOutcome::STORAGE_FAILED, "status: New code could not be stored"),
        ];
        for (outcome, line) in outcomes {
            let mut device = bed.connect(&world).await;
            let offer = device.expect_offer().await;
            device.answer_offer(&offer, outcome, 0).await;
            bed.until_log_ends(&[line]).await;
        }
    })
    .await;
}

#[tokio::test]
async fn long_code_comes_in_chunks_and_goes_on_where_it_broke_off() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        let code = "// a long program\n".repeat(3000);
        bed.deploy(&code).await;
        let mut device = bed.connect(&world).await;
        let offer = device.expect_offer().await;
        device.send(DeviceFrame::CodeWant(CodeWant { program: offer.program, offset: 0 })).await;
        let ServerFrame::CodeChunk(chunk) = device.expect().await else { panic!("a chunk is due") };
        assert_eq!(chunk.bytes, &code.as_bytes()[..4096]);
        device.vanish();
        let (mut device, _) = impstead_testkit::TestDevice::connect_with(&world.server, &bed.identity, |hello| {
            hello.max_frame_bytes = Some(1024);
        })
        .await;
        let offer = device.expect_offer().await;
        device.send(DeviceFrame::CodeWant(CodeWant { program: offer.program, offset: 4096 })).await;
        let mut rest = Vec::new();
        while 4096 + rest.len() < code.len() {
            let bytes = device.next_bytes().await.unwrap();
            assert!(bytes.len() <= 1024, "no frame is longer than the device takes");
            match ServerFrame::decode(&bytes).unwrap() {
                Some(ServerFrame::CodeChunk(chunk)) => {
                    assert_eq!(chunk.offset as usize, 4096 + rest.len());
                    rest.extend_from_slice(&chunk.bytes);
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(rest, &code.as_bytes()[4096..]);
        device.answer_offer(&offer, CodeOutcome::INSTALLED, 1).await;
        device.expect_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn a_program_finds_its_environment() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        let variables = json!({ "LIMIT": 30, "NAME": "bed", "RATIO": 0.5 });
        let kind = crate::world::DEVELOPMENT;
        bed.owner.change(kind, "devicegroups", &bed.group, json!({ "env_vars": variables })).await.is(200);
        let deployment = bed.deploy(FIRST).await;
        let mut device = bed.connect(&world).await;
        let environment = device.expect_offer().await.environment.expect("there is an environment");
        let entry = |table: &Value, name: &str| -> Value {
            let Value::Table(entries) = table else { panic!("{table:?}") };
            let key = Key::String(name.as_bytes().into());
            entries.iter().find(|(found, _)| *found == key).map_or(Value::Null, |(_, value)| value.clone())
        };
        let constants = entry(&environment, "__EI");
        let text = |name| entry(&constants, name);
        assert_eq!(text("PRODUCT_NAME"), Value::string("Greenhouse"));
        assert_eq!(text("DEVICEGROUP_ID"), Value::string(&bed.group));
        assert_eq!(text("DEVICEGROUP_NAME"), Value::string("beds"));
        assert_eq!(text("DEVICEGROUP_TYPE"), Value::string("development"));
        assert_eq!(text("DEPLOYMENT_ID"), Value::string(deployment));
        let variables = entry(&environment, "__VARS");
        assert_eq!(entry(&variables, "LIMIT"), Value::Int(30));
        assert_eq!(entry(&variables, "NAME"), Value::string("bed"));
        assert_eq!(entry(&variables, "RATIO"), Value::Float(0.5.into()));
        assert_eq!(entry(&entry(&environment, "configparams"), "deviceid"), Value::string(&bed.identity.id));
    })
    .await;
}
