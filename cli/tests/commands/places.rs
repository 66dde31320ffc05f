//! Where `revision` puts a new revision, and branches that live beside one another.

use serde_json::Value;

use crate::project::{Blog, assert_says};

const A: &str = "aa0000000001";
const B: &str = "bb0000000002";
const C: &str = "cc0000000003";
const D: &str = "dd0000000004";
const E: &str = "ee0000000005";

const USER: &str = "#[derive(Migratable)]\npub struct User {\n    pub id: i64,\n}\n";
const ORDER: &str = "#[derive(Migratable)]\npub struct Order {\n    pub id: i64,\n}\n";
const TALL_ORDER: &str = "#[derive(Migratable)]\npub struct Order {\n    pub id: i64,\n    pub size: Option<i32>,\n}\n";

fn models(blog: &Blog, models: &[&str]) {
    blog.models(&format!("use migratable::Migratable;\n\n{}", models.concat()));
}

/// A trunk with the table `users`, and the branch `shop` with a base of its own and the table `orders`.
fn shop() -> Blog {
    let blog = Blog::new("");
    models(&blog, &[USER]);
    blog.ok(&["revision", "-m", "users", "--rev-id", A]);
    models(&blog, &[USER, ORDER]);
    let begin = ["--head", "base", "--branch-label", "shop", "--version-path", "shop"];
    blog.ok(&[&["revision", "-m", "a shop", "--rev-id", B][..], &begin].concat());
    blog
}

/// `revision!(…);` of a file, in one line.
fn header(blog: &Blog, file: &str) -> String {
    let text = blog.read(file);
    let start = text.find("revision!").unwrap();
    let end = start + text[start..].find(';').unwrap();
    let words: Vec<&str> = text[start..=end].split_whitespace().collect();
    words.join(" ").replace("( ", "(").replace(", )", ")").replace(" )", ")")
}

#[test]
fn a_branch_with_a_label_lives_beside_the_others() {
    let blog = shop();
    let file = format!("migrations/versions/shop/{}", blog.names("migrations/versions/shop")[0]);
    assert_eq!(header(&blog, &file), format!("revision!(\"{B}\", after = [], labels = [\"shop\"]);"));
    assert_eq!(blog.lock().heads, [A, B]);
    assert_eq!(blog.lock().schema.tables.len(), 2);
    assert_says(&blog.ok(&["check"]), &["clean"]);
    assert_says(&blog.ok(&["lock"]), &["nothing was changed"]);
    assert_says(&blog.ok(&["heads"]), &[A, B]);

    models(&blog, &[USER, TALL_ORDER]);
    let said = blog.fails(2, &["revision", "-m", "size"]);
    assert_says(
        &said,
        &[
            "there are several heads",
            &format!("revision -m size --head {A}\n"),
            &format!("revision -m size --head {B}"),
        ],
    );
    assert_says(&blog.fails(2, &["revision", "--empty"]), &[&format!("revision --empty --head {A}")]);
    let said = blog.fails(1, &["revision", "-m", "size", "--head", A]);
    assert_says(&said, &["nothing was written: what changed does not fit in this place", "orders"]);
    assert_eq!(blog.names("migrations/versions/shop").len(), 1);
    blog.ok(&["revision", "-m", "size", "--rev-id", C, "--head", "shop@head"]);
    assert_eq!(blog.lock().heads, [A, C]);
    assert_says(&blog.ok(&["check"]), &["clean"]);
    let ids = |range: &str| -> Vec<String> {
        let listed: Value = serde_json::from_str(&blog.ok(&["history", "--json", "-r", range])).unwrap();
        listed.as_array().unwrap().iter().map(|it| it["revision"].as_str().unwrap().to_owned()).collect()
    };
    assert_says(&blog.ok(&["heads"]), &[&format!("{A} (head), "), &format!("{C} (shop) (head), size")]);
    assert_says(&blog.ok(&["history"]), &[&format!("base -> {B} (shop), ")]);
    assert_eq!(ids("shop@base:shop@head"), [C, B]);
    assert_eq!(ids("shop@base:"), [C, B]);
    assert_eq!(ids("shop@head-1:"), [C, B]);

    blog.ok(&["remove", C]);
    assert_eq!(blog.lock().heads, [A, B]);
    blog.ok(&["remove", B]);
    assert!(!blog.path("migrations/versions/shop").exists(), "an empty folder was left behind");
    assert!(blog.path("migrations/versions").exists());
}

#[test]
fn a_revision_depends_on_one_of_another_branch() {
    let blog = shop();
    models(&blog, &[USER, TALL_ORDER]);
    let made = blog.ok(&["revision", "-m", "size", "--rev-id", C, "--head", A, "--depends-on", "shop@head", "--json"]);
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!((made["after"][0].as_str(), made["depends_on"][0].as_str()), (Some(A), Some(B)));
    assert_eq!(header(&blog, &blog.file(C)), format!("revision!(\"{C}\", after = [\"{A}\"], depends_on = [\"{B}\"]);"));
    assert_says(&blog.ok(&["check"]), &["clean"]);
    let heads = |flags: &[&str]| blog.ok(&[&["heads"], flags].concat()).lines().count();
    assert_eq!((heads(&[]), heads(&["--resolve-dependencies"])), (2, 1));
    assert_says(&blog.ok(&["heads", "-v", "--resolve-dependencies"]), &[C, "file: ", &format!("depends on: {B}")]);
}

#[test]
fn a_branch_begins_behind_what_others_follow_only_if_that_is_said() {
    let blog = Blog::new("");
    models(&blog, &[USER]);
    blog.ok(&["revision", "-m", "users", "--rev-id", A]);
    blog.ok(&["revision", "--empty", "-m", "more", "--rev-id", B]);
    let said = blog.fails(2, &["revision", "--empty", "--head", A]);
    assert_says(&said, &[&format!("--head {A}: others follow {A} already; the heads are {B}. With --splice")]);

    let labelled = ["revision", "--empty", "--rev-id", C, "--head", A, "--splice", "--branch-label", "side"];
    blog.ok(&labelled);
    assert_eq!(blog.lock().heads, [B, C]);
    assert_says(&blog.ok(&["check"]), &["clean"]);
    let said = blog.fails(2, &["merge"]);
    assert_says(&said, &["the heads are in branches of different labels", &format!("merge {B} {C}")]);

    let ran = blog.run(&["revision", "--empty", "--rev-id", D, "--head", A, "--splice"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_says(&ran.err, &["there is another head now; join them: ", "merge"]);
    assert_says(&blog.fails(1, &["revision", "--empty"]), &["there are 2 heads", B, D]);
    blog.ok(&["merge", "--rev-id", E, "--branch-label", "joined"]);
    assert_says(&blog.ok(&["show", "joined"]), &[E, "labels: joined"]);
    assert_eq!(blog.lock().heads, [C, E]);
    assert_eq!(blog.lock().schema.tables.len(), 1);
    assert_says(&blog.ok(&["check"]), &["clean"]);
}

#[test]
fn places_that_are_none_are_wrong_usage() {
    let blog = shop();
    for (arguments, expected) in [
        (&["--head", "zz"][..], "--head zz: no revision is called `zz`"),
        (&["--head", "heads"], "--head heads: these are several: "),
        (&["--head", A, "--depends-on", "base"], "--depends-on base: that is no revision"),
        (&["--head", A, "--branch-label", "shop"], "the branch that begins at bb0000000002 is called so"),
        (&["--head", A, "--branch-label", "a-b"], "a label is made of letters, digits and `_`"),
        (&["--head", A, "--branch-label", "head"], "is not `head`"),
        (&["--head", A, "--version-path", "../x"], "name a folder below `versions/`"),
        (&["--head", A, "--version-path", ".x"], "name a folder below `versions/`"),
        (&["--splice"], "--head"),
    ] {
        let said = blog.fails(2, &[&["revision", "--empty"], arguments].concat());
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    assert_eq!(blog.lock().heads, [A, B]);
}
