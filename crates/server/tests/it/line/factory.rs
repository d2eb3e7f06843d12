//! Enrolment and blessing, asked for by devices.

use super::Bed;
use crate::world::on_each;
use impstead_device_protocol::{Answer, AnswerCode, Bless, DeviceFrame, DeviceId, Enrol, ServerFrame};
use impstead_model::AccountId;
use impstead_testkit::TestDevice;

fn answer(request: u32, code: AnswerCode) -> ServerFrame {
    ServerFrame::Answer(Answer { request, code })
}

#[tokio::test]
async fn a_device_goes_through_the_factory() {
    on_each(async |world| {
        let owner = world.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let fixtures = owner.group("factoryfixture_devicegroup", &product, "line").await;
        let account = AccountId::new(&owner.id);
        let fixture = world.server.add_identity(&account).await;
        owner.assign(&fixtures, &[&fixture.id]).await.is(204);
        let identity = world.server.add_identity(&account).await;
        let bed = Bed { owner, group: fixtures, identity };
        let mut device = bed.connect(&world).await;

        let bless = |request, success, fixture: Option<&str>| {
            let fixture = fixture.map(|id| DeviceId::parse(id).unwrap());
            DeviceFrame::Bless(Bless { request, success, fixture })
        };
        device.send(bless(1, true, None)).await;
        assert_eq!(device.expect().await, answer(1, AnswerCode::REFUSED), "it is no device under test");

        let enrol = |request, fixture: &str| {
            let fixture = Some(DeviceId::parse(fixture).unwrap());
            DeviceFrame::Enrol(Enrol { request, plan_id: "7e1f2a90".into(), token: "token".into(), fixture })
        };
        device.send(enrol(2, &bed.identity.id)).await;
        assert_eq!(device.expect().await, answer(2, AnswerCode::REFUSED), "that is no fixture");
        device.send(enrol(3, &fixture.id)).await;
        assert_eq!(device.expect().await, answer(3, AnswerCode::OK));
        device.send(bless(4, false, None)).await;
        assert_eq!(device.expect().await, answer(4, AnswerCode::OK));
        device.send(bless(5, true, Some(&fixture.id))).await;
        assert_eq!(device.expect().await, answer(5, AnswerCode::OK));
        device.expect_nothing().await;
        bed.until_log_ends(&["status: Device connected", "status: The device failed its tests"]).await;

        let history = bed.owner.get(&format!("/v5/devices/{}/history", bed.identity.id)).await;
        let events: Vec<_> = history.is(200)["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["attributes"]["event"].as_str().or(entry["event"].as_str()).unwrap().to_owned())
            .collect();
        assert_eq!(
            events,
            ["blessed", "assigned", "enrolled", "enrolled"],
            "newest first; the oldest is its beginning"
        );
    })
    .await;
}

#[tokio::test]
async fn a_device_without_a_group_can_be_enrolled() {
    on_each(async |world| {
        let owner = world.account("grower").await;
        let identity = world.server.add_identity(&AccountId::new(&owner.id)).await;
        let mut device = TestDevice::connect(&world.server, &identity).await;
        let enrol = Enrol { request: 9, plan_id: "plan".into(), token: String::new(), fixture: None };
        device.send(DeviceFrame::Enrol(enrol)).await;
        assert_eq!(device.expect().await, answer(9, AnswerCode::OK));
        let found = world.server.store().device(&identity.id).await.unwrap().unwrap();
        assert_eq!(found.plan_id.as_deref(), Some("plan"));
    })
    .await;
}
