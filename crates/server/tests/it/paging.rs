//! Pages of lists.

use crate::world::{World, on_each};
use serde_json::Value;

#[tokio::test]
async fn self_and_first_are_the_same_bytes_on_page_one_whatever_was_asked() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        for name in ["A", "B", "C"] {
            owner.product(name).await;
        }
        let base = format!("{}/v5/products", w.public_url());
        for (query, size) in [
            ("", 20),
            ("?", 20),
            ("?page[size]=2", 2),
            ("?page[number]=1", 20),
            ("?page%5Bsize%5D=2&page%5Bnumber%5D=1", 2),
            ("?page[size]=2&page[number]=01", 2),
            ("?page[size]=9&page[size]=2", 2),
            ("?nonsense=1&page[size]=2&sort=name", 2),
        ] {
            let links = owner.get(&format!("/v5/products{query}")).await.is(200)["links"].take();
            let expected = format!("{base}?page%5Bnumber%5D=1&page%5Bsize%5D={size}");
            assert_eq!(
                (&links["self"], &links["first"]),
                (&Value::from(&*expected), &Value::from(expected.as_str())),
                "{query}"
            );
            assert!(!links.as_object().unwrap().contains_key("prev"));
            assert!(!links.as_object().unwrap().contains_key("last"));
            assert_eq!(links.as_object().unwrap().contains_key("next"), size == 2, "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn links_keep_the_filters_and_lead_back_and_forth() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        for name in ["A", "B", "C", "D", "E"] {
            owner.product(name).await;
        }
        let target = format!("/v5/products?page[size]=2&filter[owner.id]={}&filter[x%20y]=a%26b%20c&page[number]=2", owner.id);
        let second = owner.get(&target).await;
        let links = second.json()["links"].take();
        let query = |number| {
            format!(
                "{}/v5/products?filter%5Bowner.id%5D={}&filter%5Bx+y%5D=a%26b+c&page%5Bnumber%5D={number}&page%5Bsize%5D=2",
                w.public_url(),
                owner.id
            )
        };
        for (name, number) in [("self", 2), ("first", 1), ("prev", 1), ("next", 3)] {
            assert_eq!(links[name], query(number), "{name}");
        }
        let follow = async |url: &Value| {
            let url = url.as_str().unwrap();
            owner.get(&url[w.public_url().len()..]).await
        };
        let third = follow(&links["next"]).await;
        assert_eq!(third.ids().len(), 1);
        assert!(!third.json()["links"].as_object().unwrap().contains_key("next"));
        assert_eq!(follow(&third.json()["links"]["prev"]).await.ids(), second.ids());
    })
    .await;
}

#[tokio::test]
async fn sizes_are_clamped_to_100_and_the_links_say_so() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        for asked in ["100", "101", "1000000", "9223372036854775807"] {
            let links = owner.get(&format!("/v5/products?page[size]={asked}")).await.is(200)["links"].take();
            assert!(links["self"].as_str().unwrap().ends_with("page%5Bsize%5D=100"), "{links}");
        }
    })
    .await;
}

#[tokio::test]
async fn past_the_end_is_an_empty_page() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        owner.product("A").await;
        for number in ["2", "1000000", "9223372036854775807"] {
            for list in [
                "products",
                "devices",
                "deployments",
                "devicegroups",
                "webhooks",
                "accounts",
                "accounts/me/login_keys",
                "accounts/me/refresh_tokens",
                "libraries",
            ] {
                let page = owner.get(&format!("/v5/{list}?page[number]={number}&page[size]=100")).await;
                assert!(page.ids().is_empty(), "{list}");
                assert!(!page.json()["links"].as_object().unwrap().contains_key("next"), "{list}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_no_number_is_refused() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        for value in [
            "0",
            "-1",
            "",
            "x",
            "1.5",
            "1e2",
            "+",
            "%20",
            "0x10",
            "9223372036854775808",
            "99999999999999999999999",
            "%D9%A1",
            "1%00",
        ] {
            for name in ["page[number]", "page[size]"] {
                for list in ["products", "accounts/me/refresh_tokens", "libraries"] {
                    let entry = owner.get(&format!("/v5/{list}?{name}={value}")).await.fails(400, "VX004");
                    assert_eq!(entry["title"], "Invalid Parameter");
                    assert_eq!(entry["source"]["parameter"], name, "{value}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_full_last_page_has_no_next() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        for name in ["A", "B", "C", "D"] {
            owner.product(name).await;
        }
        let page = owner.get("/v5/products?page[size]=2&page[number]=2").await;
        assert_eq!(page.ids().len(), 2);
        assert!(!page.json()["links"].as_object().unwrap().contains_key("next"));
    })
    .await;
}

#[tokio::test]
async fn lists_are_in_the_order_of_creation_and_deployments_in_the_reverse() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let mut products = Vec::new();
        for name in ["C", "A", "B"] {
            w.advance_ms(1);
            products.push(owner.product(name).await);
        }
        assert_eq!(owner.get("/v5/products").await.ids(), products);
        let (mut groups, mut deployments) = (Vec::new(), Vec::new());
        for name in ["C", "A", "B"] {
            w.advance_ms(1);
            let group = owner.group(crate::world::DEVELOPMENT, &products[0], name).await;
            deployments.insert(0, owner.deploy(crate::world::DEVELOPMENT, &group).await);
            groups.push(group);
        }
        assert_eq!(owner.get("/v5/devicegroups").await.ids(), groups);
        assert_eq!(owner.get("/v5/deployments").await.ids(), deployments);
        let mut devices = Vec::new();
        for _ in 0..3 {
            w.advance_ms(1);
            devices.push(w.device(&owner).await.id);
        }
        assert_eq!(owner.get("/v5/devices").await.ids(), devices);
    })
    .await;
}
