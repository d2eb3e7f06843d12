use crate::service::service;
use crate::world::World;
use insta::assert_snapshot;

#[test]
fn list() {
    let world = World::signed_in(service);
    assert_snapshot!("group_list", world.run(&["group", "list"]));
    assert_snapshot!("group_list_of_product", world.run(&["group", "list", "--product", "Vineyard"]));
    assert_snapshot!("group_list_json", world.run(&["group", "list", "--product", "p2", "--json"]));
    world.run(&["group", "list", "--type", "pre_production"]);
    let wanted = "filter%5Btype%5D=pre_production_devicegroup";
    assert!(world.server.lines().iter().any(|line| line.contains(wanted)));
    assert_snapshot!("group_list_bad_type", world.run(&["group", "list", "--type", "x"]));
}

#[test]
fn show() {
    let world = World::signed_in(service);
    assert_snapshot!("group_show", world.run(&["group", "show", "line"]));
    assert_snapshot!("group_show_ambiguous", world.run(&["group", "show", "beds"]));
    assert_snapshot!("group_show_of_product", world.run(&["group", "show", "beds", "--product", "Vineyard", "--json"]));
    assert_snapshot!("group_show_of_other_product", world.run(&["group", "show", "g1", "--product", "Vineyard"]));
}

#[test]
fn restart() {
    let world = World::signed_in(service);
    assert_snapshot!("group_restart", world.run(&["group", "restart", "line"]));
    assert_eq!(world.server.lines().pop().unwrap(), "POST /v5/devicegroups/g3/restart");
    let conditional = ["group", "restart", "beds", "--product", "Vineyard", "--conditional"];
    assert_snapshot!("group_restart_conditional", world.run(&conditional));
    assert_eq!(world.server.lines().pop().unwrap(), "POST /v5/devicegroups/g2/conditional_restart");
}

#[test]
fn create() {
    let world = World::signed_in(service);
    assert_snapshot!("group_create", world.run(&["group", "create", "new", "--product", "Greenhouse"]));
    assert_snapshot!("group_create_body", world.server.requests().pop().unwrap().body);
    assert_snapshot!("group_create_without_product", world.run(&["group", "create", "new"]));
    assert_snapshot!(
        "group_create_without_targets",
        world.run(&["group", "create", "fix", "--product", "p1", "--type", "factoryfixture"])
    );
    assert_snapshot!(
        "group_create_with_targets",
        world.run(&["group", "create", "new", "--product", "p1", "--dut-target", "g1"])
    );
    world.run(&[
        "group",
        "create",
        "fix",
        "--product",
        "p1",
        "--type",
        "pre_factoryfixture",
        "--production-target",
        "line",
        "--dut-target",
        "beds",
    ]);
    assert_snapshot!("group_create_fixture_body", world.server.requests().pop().unwrap().body);
}
