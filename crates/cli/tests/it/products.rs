use crate::service::{page, product, service};
use crate::world::World;
use insta::assert_snapshot;

#[test]
fn list() {
    let world = World::signed_in(service);
    assert_snapshot!("product_list", world.run(&["product", "list"]));
    assert_snapshot!("product_list_json", world.run(&["product", "list", "--json"]));
}

#[test]
fn list_on_a_terminal() {
    let script = |request: &crate::scripted::Received| match request.target.as_str() {
        "/v5/products?page%5Bnumber%5D=1&page%5Bsize%5D=100" => {
            page(&[product("p1", "Greenhouse", Some("Soil probes in all beds"))], Some("/v5/products?page=2"))
        }
        _ => page(&[product("p2", "温室", Some("\u{1b}[31mred"))], None),
    };
    let mut world = World::signed_in(script).on_terminal(55);
    assert_snapshot!("product_list_terminal", world.run(&["product", "list"]));
    world.environment.no_color = true;
    assert_snapshot!("product_list_no_color", world.run(&["product", "list"]));
}

#[test]
fn list_of_nothing() {
    let world = World::signed_in(|_| page(&[], None));
    assert_snapshot!("product_list_empty", world.run(&["product", "list"]));
    assert_snapshot!("product_list_empty_json", world.run(&["product", "list", "--json"]));
}

#[test]
fn show() {
    let world = World::signed_in(service);
    assert_snapshot!("product_show_by_id", world.run(&["product", "show", "p1"]));
    assert_snapshot!("product_show_by_name", world.run(&["product", "show", "Vineyard"]));
    assert_snapshot!("product_show_json", world.run(&["product", "show", "Vineyard", "--json"]));
    assert_snapshot!("product_show_unknown", world.run(&["product", "show", ".."]));
}

#[test]
fn json_is_what_the_service_sent() {
    let text = r#"{"type":"product","id":"p1","zeta":1e3,"attributes":{"name":"Greenhouse","description":null,
        "created_at":"2026-03-02T09:15:04Z","updated_at":"2026-03-02T09:15:04.2219Z","later":[]},"relationships":
        {"owner":{"type":"account","id":"a1"},"creator":{"type":"account","id":"a1"}},"big":12345678901234567890123}"#;
    let world = World::signed_in(move |request| {
        let single = !request.target.contains('?');
        let body = if single {
            format!("{{\"data\":{text}}}")
        } else {
            format!("{{\"data\":[{text},{text}],\"links\":{{}}}}")
        };
        crate::scripted::Reply::new(200, body)
    });
    assert_snapshot!("product_json_unchanged", world.run(&["--json", "product", "show", "p1"]));
    assert_snapshot!("product_json_array_unchanged", world.run(&["--json", "product", "list"]));
}

#[test]
fn create() {
    let world = World::signed_in(service);
    assert_snapshot!("product_create", world.run(&["product", "create", "Orchard", "--description", "Trees"]));
    assert_snapshot!("product_create_json", world.run(&["product", "create", "Orchard", "--json"]));
    assert_snapshot!("product_create_taken", world.run(&["product", "create", "Greenhouse"]));
}
