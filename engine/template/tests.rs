//! Templates that ask for too much: each ends with a sentence, on a stack as small as a worker thread's.

use std::fmt::Write as _;
use std::path::Path;

use super::{Language, Scope, limits};
use crate::yaml::{Node, Place, Value, parse};

fn place() -> Place {
    Place::new("t.yaml", 1, 1)
}

/// What a text gives over the variables of a file, on a thread with 2 MiB of stack.
fn render(variables: &str, text: &str) -> String {
    let (variables, text) = (variables.to_owned(), text.to_owned());
    let work = move || {
        let vars = match parse(&variables, Path::new("f.yaml")).unwrap() {
            Some(node) => node.map().unwrap().clone(),
            None => [].into_iter().collect(),
        };
        let vars = vars
            .iter()
            .map(|(key, node)| (key.name.clone(), node.clone()));
        match Scope::new(&Language::new(), vars.collect()).text(&text, &place()) {
            Ok(Node {
                value: Value::String(text),
                ..
            }) => format!("{} letters", text.len()),
            Ok(node) => format!("{:?}", node.value),
            Err(error) => format!(
                "{}; {}",
                error.message(),
                error.way_out().unwrap_or_default()
            ),
        }
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    thread.spawn(work).unwrap().join().unwrap()
}

/// `a0` is a text, each further variable names the one before, `times` times.
fn chain(length: usize, times: usize, first: &str) -> String {
    let mut text = format!("a0: {first}\n");
    for at in 1..=length {
        let names = format!("{{{{ a{} }}}}", at - 1).repeat(times);
        writeln!(text, "a{at}: \"{names}\"").unwrap();
    }
    text
}

#[test]
fn endless_work_ends_with_a_sentence() {
    let rows = [
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{{ 'x' * 90000000 }}",
        "{{ range(100000) | list | union(range(100000) | list) }}",
        "{{ range(100000) | list | intersect(range(100000) | list) }}",
        "{% for a in range(100000) %}{{ 'x' * 100000 }}{% endfor %}",
        "{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}",
    ];
    for text in rows {
        let told = render("", text);
        assert!(told.contains("cannot be rendered: "), "{text}: {told}");
    }
    let told = render("", rows[0]);
    assert!(
        told.contains("more than 1000000 steps; shorten its loops"),
        "{told}"
    );
    let large = "x: \"{{ 'x' * 9000000 }}\"\n";
    for text in [
        "{{ x | regex_replace('', x) }}",
        "{{ x.replace('x', x) }}",
        "{{ x }}{{ x }}",
        "{{ x.join([x, x]) }}",
    ] {
        let told = render(large, text);
        assert!(told.contains("it gives more than 16 MB"), "{text}: {told}");
    }
}

#[test]
fn variables_that_name_each_other_are_rendered_once_and_not_too_deep() {
    // Each of 30 names the one before twice: 2^30 renderings, were they not kept.
    assert_eq!(render(&chain(30, 2, "''"), "{{ a30 }}"), "0 letters");
    let told = render(&chain(39, 2, "x"), "{{ a39 }}");
    assert!(told.contains("it gives more than 16 MB"), "{told}");
    let deep = render(&chain(2000, 1, "x"), "{{ a2000 }}");
    assert!(
        deep.ends_with(
            "more than 40 variables name each other in a row; name the last of them directly"
        ),
        "{deep}"
    );
    assert_eq!(render(&chain(40, 1, "x"), "{{ a40 }}"), "1 letters");
    // The same in lists, where nothing is written out.
    let mut lists = "a0: [1, 2]\n".to_owned();
    for at in 1..30 {
        let name = format!("\"{{{{ a{} }}}}\"", at - 1);
        writeln!(lists, "a{at}: [{name}, {name}, {name}, {name}]").unwrap();
    }
    let told = render(&lists, "{{ a29 }}");
    assert!(told.contains("it gives more than 16 MB"), "{told}");
}

#[test]
fn what_goes_deep_is_refused_before_the_stack_ends() {
    let sums = format!("{{{{ {} }}}}", vec!["1"; 30_000].join("+"));
    assert_eq!(
        render("", &sums),
        "an expression of 59999 bytes is too long; 4096 are the most; put its parts into variables"
    );
    let most = vec!["1"; 2_000].join("+");
    assert_eq!(render("", &format!("{{{{ {most} }}}}")), "2000");
    assert_eq!(render("", &format!("{{{{ {most} }}}} ")), "5 letters");
    let parts = format!("{{{{ a{} }}}}", ".a".repeat(2_000));
    assert!(
        render("a: {}\n", &parts).contains("a part of a value"),
        "{parts}"
    );
    let branches = "{% elif false %}".repeat(10_000);
    let told = render("", &format!("{{% if false %}}{branches}{{% endif %}}"));
    assert!(
        told.starts_with("a template has more than 200 branches"),
        "{told}"
    );
    let branches = "{% elif false %}".repeat(200);
    assert_eq!(
        render("", &format!("{{% if false %}}{branches}{{% endif %}}")),
        "0 letters"
    );
    // As deep as variables may go, and at the bottom of each as deep as macros may.
    let mut worst = "a0: x\n".to_owned();
    for at in 1..=limits::DEEPEST {
        writeln!(
            worst,
            "a{at}: \"{{% macro m(n) %}}{{% if n > 0 %}}{{{{ m(n - 1) }}}}{{% else %}}{{{{ a{} }}}}{{% endif %}}{{% endmacro %}}{{{{ m(8) }}}}\"",
            at - 1
        )
        .unwrap();
    }
    assert_eq!(
        render(&worst, &format!("{{{{ a{} }}}}", limits::DEEPEST)),
        "1 letters"
    );
    let nested = "a0: [1]\n".to_owned()
        + &(1..40).fold(String::new(), |mut text, at| {
            writeln!(text, "a{at}: [[[[[[[[[[\"{{{{ a{} }}}}\"]]]]]]]]]]", at - 1).unwrap();
            text
        });
    let told = render(&nested, "{{ a39 }}");
    assert!(
        told.contains("inside each other more than 150 deep"),
        "{told}"
    );
}

#[test]
fn a_file_names_the_line_of_what_is_too_long() {
    let scope = Scope::new(&Language::new(), std::collections::BTreeMap::new());
    let text = format!("a\nb\n{{{{ {} }}}}\n", vec!["1"; 9_000].join("+"));
    let error = scope.file(&text, Path::new("x.j2")).unwrap_err();
    assert_eq!(error.place().unwrap().to_string(), "x.j2:3:1");
}
