//! The nasty cases: one row a document, an edit, and what comes out.

use crate::edit::{Edit, EditError, Format, apply, evaluate};

fn edit(verb: &str, target: &str, value: &str) -> Result<Edit, EditError> {
    let value = Some(value).filter(|_| !verb.starts_with("remove"));
    Edit::read(Format::Xml, verb, target, value)
}

fn run(before: &str, verb: &str, target: &str, value: &str) -> Result<String, EditError> {
    let edits = [edit(verb, target, value)?];
    let made = apply(before.as_bytes(), &edits)?;
    assert_eq!(
        apply(&made, &edits)?,
        made,
        "a second run of `{verb} {target}` changes something"
    );
    Ok(String::from_utf8(made).unwrap())
}

/// Before, verb, target, value, after.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

fn rows(rows: &[Row]) {
    for (before, verb, target, value, after) in rows {
        match run(before, verb, target, value) {
            Ok(made) => assert_eq!(made, *after, "`{verb} {target}` of {before:?}"),
            Err(error) => panic!("`{verb} {target}` of {before:?}: {error}"),
        }
    }
}

#[test]
#[rustfmt::skip] // one row a line
fn values_are_set_and_nothing_else() {
    rows(&[
        ("<r><a>1</a></r>", "set", "a", "2", "<r><a>2</a></r>"),
        ("<r><a>1</a></r>", "set", "a", "1", "<r><a>1</a></r>"),
        ("<r><a/></r>", "set", "a", "x", "<r><a>x</a></r>"),
        ("<r><a  k='v' /></r>", "set", "a", "x", "<r><a  k='v'>x</a></r>"),
        ("<r><a/></r>", "set", "a", "", "<r><a/></r>"),
        ("<r><a>x</a ></r>", "set", "a", "", "<r><a></a ></r>"),
        ("<r>x</r>", "set", ".", "y", "<r>y</r>"),
        ("<r a='1'/>", "set", "@a", "2", "<r a='2'/>"),
        ("<r><a k = \"1\"/></r>", "set", "a/@k", "2", "<r><a k = \"2\"/></r>"),
        ("<r><a k='>' b='/>'/></r>", "set", "a/@b", "z", "<r><a k='>' b='z'/></r>"),
        ("<r><a>1</a><a>2</a></r>", "set", "a[2]", "9", "<r><a>1</a><a>9</a></r>"),
        ("<r><a>1</a><a>2</a></r>", "set", "a[.='2']", "2", "<r><a>1</a><a>2</a></r>"),
        ("<r><a>1</a><a>2</a></r>", "set_all", "a", "3", "<r><a>3</a><a>3</a></r>"),
        ("<r><m><h>x</h><p>1</p></m><m><h>y</h><p>1</p></m></r>", "set", "m[h='y']/p", "2", "<r><m><h>x</h><p>1</p></m><m><h>y</h><p>2</p></m></r>"),
        ("<r><d><j><n>x</n></j><u>1</u></d></r>", "set", "d[j/n='x']/u", "2", "<r><d><j><n>x</n></j><u>2</u></d></r>"),
        ("<r><p a='1' b='1'/><p a='1' b='2'/></r>", "set", "p[@a='1'][@b='2']/@a", "1", "<r><p a='1' b='1'/><p a='1' b='2'/></r>"),
        ("<r><p n=\"it's\"/></r>", "set", "p[@n='it''s']/@n", "it's", "<r><p n=\"it's\"/></r>"),
    ]);
}

#[test]
#[rustfmt::skip] // one row a line
fn values_are_escaped_for_where_they_stand() {
    rows(&[
        ("<r><a>1</a></r>", "set", "a", "x&y<z>]]>\"'", "<r><a>x&amp;y&lt;z>]]&gt;\"'</a></r>"),
        ("<r a='1'/>", "set", "@a", "x&y<z>\"'\n", "<r a='x&amp;y&lt;z>\"&apos;&#10;'/>"),
        ("<r a=\"1\"/>", "set", "@a", "\"'", "<r a=\"&quot;'\"/>"),
        ("<r>\r\n<a>1</a></r>", "set", "a", "x\ny", "<r>\r\n<a>x\r\ny</a></r>"),
        ("<r><a>1</a></r>", "set", "a", "x\r", "<r><a>x&#13;</a></r>"),
        ("<r><a>1</a></r>", "set", "a", "x\r\ny", "<r><a>x&#13;\ny</a></r>"),
        ("<r><a>1</a></r>", "set", "a", "ü", "<r><a>ü</a></r>"),
        ("<?xml version='1.0' encoding='ISO-8859-1'?><r><a>1</a></r>", "set", "a", "ü", "<?xml version='1.0' encoding='ISO-8859-1'?><r><a>&#252;</a></r>"),
        ("<r><a>x&amp;y</a></r>", "set", "a", "x&y", "<r><a>x&amp;y</a></r>"),
        ("<r><a>&#x78;</a></r>", "set", "a", "x", "<r><a>&#x78;</a></r>"),
        ("<r><a><![CDATA[<x>]]></a></r>", "set", "a", "<x>", "<r><a><![CDATA[<x>]]></a></r>"),
        ("<r><a>y<![CDATA[<x>]]> </a></r>", "set", "a", "z", "<r><a>z</a></r>"),
        ("<r><a>\n <!-- why -->\n old\n</a></r>", "set", "a", "new", "<r><a><!-- why -->new</a></r>"),
        ("<r><a>x<!-- </a> --></a></r>", "set", "a", "y", "<r><a>y<!-- </a> --></a></r>"),
        ("<r><a>x<?pi y?>z</a></r>", "set", "a", "q", "<r><a>q<?pi y?></a></r>"),
    ]);
}

#[test]
#[rustfmt::skip] // one row a line
fn comments_and_the_rest_of_the_file_are_kept() {
    rows(&[
        ("\u{feff}<?xml version=\"1.0\"?>\n<!-- <a>0</a> --><r><!--a>0</a--><a>1</a></r>\n<!-- end -->", "set", "a", "2", "\u{feff}<?xml version=\"1.0\"?>\n<!-- <a>0</a> --><r><!--a>0</a--><a>2</a></r>\n<!-- end -->"),
        ("<!DOCTYPE r SYSTEM 'r.dtd'>\n<r><a>1</a></r>", "set", "a", "2", "<!DOCTYPE r SYSTEM 'r.dtd'>\n<r><a>2</a></r>"),
        ("<!DOCTYPE r [<!ELEMENT r ANY>]><r><a>1</a></r>", "set", "a", "2", "<!DOCTYPE r [<!ELEMENT r ANY>]><r><a>2</a></r>"),
        ("<!-- <!ENTITY x 'y'> --><r><a>1</a></r>", "set", "a", "2", "<!-- <!ENTITY x 'y'> --><r><a>2</a></r>"),
        ("<r>\n  <x>\n    <a/>  \n  </x>\n</r>", "remove", "x/a", "", "<r>\n  <x>\n  </x>\n</r>"),
        ("<r>\r\n  <a>\r\n  </a>\r\n  <b/>\r\n</r>", "remove", "a", "", "<r>\r\n  <b/>\r\n</r>"),
        ("<r>\n  <a/> <!-- of a -->\n</r>", "remove", "a", "", "<r>\n   <!-- of a -->\n</r>"),
        ("<r><a/><b/></r>", "remove", "a", "", "<r><b/></r>"),
        ("<r><b/></r>", "remove", "a", "", "<r><b/></r>"),
        ("<r><b\n  k='1'\n  l='2'/></r>", "remove", "b/@l", "", "<r><b\n  k='1'/></r>"),
        ("<r>\n  <a/>\n  <b/>\n  <a/>\n</r>", "remove_all", "a", "", "<r>\n  <b/>\n</r>"),
    ]);
}

#[test]
#[rustfmt::skip] // one row a line
fn what_is_missing_is_made_where_it_belongs() {
    rows(&[
        ("<r/>", "ensure", "a", "1", "<r>\n    <a>1</a>\n</r>"),
        ("<r></r>\n", "ensure", "a/b/@c", "1", "<r>\n    <a>\n        <b c=\"1\"/>\n    </a>\n</r>\n"),
        ("<r>\n\t<x>\n\t\t<y/>\n\t</x>\n</r>", "ensure", "x/z", "1", "<r>\n\t<x>\n\t\t<y/>\n\t\t<z>1</z>\n\t</x>\n</r>"),
        ("<r>\r\n  <x/>\r\n</r>", "ensure", "x/z", "1", "<r>\r\n  <x>\r\n    <z>1</z>\r\n  </x>\r\n</r>"),
        ("<r><x/></r>", "ensure", "x/z", "1", "<r><x><z>1</z></x></r>"),
        ("<r>\n  <x>\n  </x>\n</r>", "ensure", "x/z", "1", "<r>\n  <x>\n    <z>1</z>\n  </x>\n</r>"),
        ("<r>\n  <a n='1'/>\n  <b/>\n</r>", "ensure", "a[@n='2']/@v", "x", "<r>\n  <a n='1'/>\n  <a n=\"2\" v=\"x\"/>\n  <b/>\n</r>"),
        ("<r>\n  <a/> <!-- of a -->\n  <b/>\n</r>", "ensure", "a[@n='2']/@v", "x", "<r>\n  <a/> <!-- of a -->\n  <a n=\"2\" v=\"x\"/>\n  <b/>\n</r>"),
        ("<r>\n  <b/>\n  <!-- end -->\n</r>", "ensure", "a", "x", "<r>\n  <b/>\n  <!-- end -->\n  <a>x</a>\n</r>"),
        ("<r>\n  <m/>\n</r>", "ensure", "m[h='x']/p", "1", "<r>\n  <m/>\n  <m>\n    <h>x</h>\n    <p>1</p>\n  </m>\n</r>"),
        ("<r a='1'/>", "ensure", "@b", "2", "<r a='1' b=\"2\"/>"),
        ("<r><c a='1'\n      b='2'/></r>", "ensure", "c/@d", "3", "<r><c a='1'\n      b='2'\n      d=\"3\"/></r>"),
        ("<r>\r\n<c a='1'\r\n   b='2'>\r\n</c></r>", "ensure", "c/@d", "3", "<r>\r\n<c a='1'\r\n   b='2'\r\n   d=\"3\">\r\n</c></r>"),
        ("<r><a>1</a></r>", "ensure", "a", "2", "<r><a>2</a></r>"),
    ]);
}

#[test]
#[rustfmt::skip] // one row a line
fn a_commented_sample_is_no_target_but_shows_the_place() {
    rows(&[
        ("<r>\n  <!--HostName>www</HostName-->\n\n  <x/>\n</r>", "ensure", "HostName", "h", "<r>\n  <!--HostName>www</HostName-->\n  <HostName>h</HostName>\n\n  <x/>\n</r>"),
        ("<r>\n  <!-- HostName comes first > -->\n  <x/>\n</r>", "ensure", "Host", "h", "<r>\n  <!-- HostName comes first > -->\n  <x/>\n  <Host>h</Host>\n</r>"),
        ("<r>\n  <!-- Host of the server -->\n  <x/>\n</r>", "ensure", "Host", "h", "<r>\n  <!-- Host of the server -->\n  <x/>\n  <Host>h</Host>\n</r>"),
        ("<r>\n  <p n='1'/>\n  <!--p n=\"s\"/-->\n  <!--p n=\"t\"/-->\n  <q/>\n</r>", "ensure", "p[@n='s']/@v", "w", "<r>\n  <p n='1'/>\n  <!--p n=\"s\"/-->\n  <p n=\"s\" v=\"w\"/>\n  <!--p n=\"t\"/-->\n  <q/>\n</r>"),
        ("<r>\n  <p n='1'/>\n  <q/>\n  <!--p n=\"t\"/-->\n</r>", "ensure", "p[@n='s']/@v", "w", "<r>\n  <p n='1'/>\n  <p n=\"s\" v=\"w\"/>\n  <q/>\n  <!--p n=\"t\"/-->\n</r>"),
        ("<r>\n  <!--p a=\"1\"/>\n  <p n=\"s\"/-->\n  <q/>\n</r>", "ensure", "p[@n='s']/@v", "w", "<r>\n  <!--p a=\"1\"/>\n  <p n=\"s\"/-->\n  <p n=\"s\" v=\"w\"/>\n  <q/>\n</r>"),
        ("<r>\n  <D>\n    <E>f</E>\n  </D>\n  <!--<D>\n    <E>t</E>\n  </D>-->\n</r>", "ensure", "D/E", "t", "<r>\n  <D>\n    <E>t</E>\n  </D>\n  <!--<D>\n    <E>t</E>\n  </D>-->\n</r>"),
        ("<r>\n  <!--<D>\n    <E>t</E>\n  </D>-->\n  <x/>\n</r>", "ensure", "D/E", "t", "<r>\n  <!--<D>\n    <E>t</E>\n  </D>-->\n  <D>\n    <E>t</E>\n  </D>\n  <x/>\n</r>"),
    ]);
}

#[test]
#[rustfmt::skip] // one row a line
fn new_elements_are_in_the_namespace_of_their_place() {
    rows(&[
        ("<r xmlns='urn:r'><a/></r>", "ensure", "b", "1", "<r xmlns='urn:r'><a/><b>1</b></r>"),
        ("<k:r xmlns:k='urn:k'><k:a/></k:r>", "ensure", "b", "1", "<k:r xmlns:k='urn:k'><k:a/><k:b>1</k:b></k:r>"),
        ("<r xmlns:s='urn:s'><p>x</p></r>", "ensure", "p/@s:secretAlias", "a", "<r xmlns:s='urn:s'><p s:secretAlias=\"a\">x</p></r>"),
        ("<r xmlns:s='urn:s'><p s:secretAlias='b'/></r>", "set", "p/@secretAlias", "a", "<r xmlns:s='urn:s'><p s:secretAlias='a'/></r>"),
        ("<r xmlns:s='urn:s'/>", "append", ".", "<p s:secretAlias='b'>x</p>", "<r xmlns:s='urn:s'>\n    <p s:secretAlias=\"b\">x</p>\n</r>"),
    ]);
}

#[test]
#[rustfmt::skip] // one row a line
fn children_are_replaced_appended_and_inserted() {
    let members = "<m><h>x</h></m> <m a='1'/>";
    rows(&[
        (
            "<r>\n  <ms>\n    <m>\n      <h>o</h>\n    </m>\n  </ms>\n</r>",
            "replace_children",
            "ms",
            members,
            "<r>\n  <ms>\n    <m>\n      <h>x</h>\n    </m>\n    <m a=\"1\"/>\n  </ms>\n</r>",
        ),
        (
            "<r><ms><!-- c --><m><h>x</h></m>\n<m a='1'></m></ms></r>",
            "replace_children",
            "ms",
            members,
            "<r><ms><!-- c --><m><h>x</h></m>\n<m a='1'></m></ms></r>",
        ),
        ("<r>\n  <ms>\n    <!-- a -->\n    <o/>\n    <!-- b -->\n    <o/>\n  </ms>\n</r>", "replace_children", "ms", "<m/>", "<r>\n  <ms>\n    <!-- a -->\n    <m/>\n    <!-- b -->\n  </ms>\n</r>"),
        (
            "<r>\r\n\t<ms/>\r\n</r>",
            "replace_children",
            "ms",
            members,
            "<r>\r\n\t<ms>\r\n\t\t<m>\r\n\t\t\t<h>x</h>\r\n\t\t</m>\r\n\t\t<m a=\"1\"/>\r\n\t</ms>\r\n</r>",
        ),
        ("<r>\n  <ms>\n    <o/>\n  </ms>\n</r>", "replace_children", "ms", "", "<r>\n  <ms>\n  </ms>\n</r>"),
        ("<r><ms><m a='1' b='2'/></ms></r>", "replace_children", "ms", "<m a='1'/>", "<r><ms><m a=\"1\"/></ms></r>"),
        ("<r><ms><o/></ms></r>", "replace_children", "ms", "<m>a &amp; b</m>", "<r><ms><m>a &amp; b</m></ms></r>"),
        ("<r>\n <a/>\n</r>", "append", ".", "<b/>", "<r>\n <a/>\n <b/>\n</r>"),
        ("<r>\n <b></b>\n</r>", "append", ".", "<b/>", "<r>\n <b></b>\n</r>"),
        ("<r>\n <a/>\n <c/>\n</r>", "insert_after", "a", "<b/>", "<r>\n <a/>\n <b/>\n <c/>\n</r>"),
    ]);
}

/// The message of an edit that is refused.
fn refusal(before: &str, verb: &str, target: &str, value: &str) -> String {
    run(before, verb, target, value).unwrap_err().to_string()
}

#[test]
#[rustfmt::skip] // one row a line
fn a_missing_target_says_how_far_it_matched() {
    let text = "<Server>\n  <Ports>\n    <Offset>0</Offset>\n    <p n='a'/>\n  </Ports>\n  <!--HostName>w</HostName-->\n</Server>";
    let cases = [
        ("Ports/Ofset", "`Ports/Ofset` is not there: `Ports` on line 2 has no `Ofset`; is `Ports/Offset` meant?"),
        ("Server/Ports", "`Server/Ports` is not there: the root element `Server` on line 1 has no `Server`; paths start below the root element, leave `Server/` out"),
        ("HostName", "`HostName` is not there: the root element `Server` on line 1 has no `HostName`; the one in the comment on line 6 is a sample; `ensure` makes a real one"),
        ("Ports/p[@n='b']/@v", "`Ports/p[@n='b']/@v` is not there: `Ports` on line 2 has no `p[@n='b']`; `p` is there as [@n='a'] on line 4"),
        ("Ports/p/@ns", "`Ports/p/@ns` is not there: `Ports/p` on line 4 has no attribute `ns`"),
    ];
    for (target, message) in cases {
        assert_eq!(refusal(text, "set", target, "x"), message);
    }
    assert_eq!(
        refusal(text, "remove", "Prots/Offset", ""),
        "`Prots/Offset` is not there: the root element `Server` on line 1 has no `Prots`; is `Ports` meant?"
    );
    assert_eq!(
        refusal(text, "ensure", "Ports/q[2]", "x"),
        "`Ports/q[2]` is no edit that can be made: `q[2]` names a position, which cannot be made"
    );
}

#[test]
#[rustfmt::skip] // one row a line
fn what_would_destroy_is_refused() {
    let cases = [
        ("<r>\n<a/>\n<a/></r>", "set", "a", "x", "`a` stands 2 times, on lines 2 and 3"),
        ("<r>\n<a/>\n<a/></r>", "ensure", "a/b", "x", "`a` stands 2 times, on lines 2 and 3"),
        ("<r>\n<a/>\n<a/></r>", "remove", "a", "", "`a` stands 2 times, on lines 2 and 3"),
        ("<r><a><b/></a></r>", "set", "a", "x", "`a` (line 1) is not edited: it holds elements (`b`), not text"),
        ("<r><a>text</a></r>", "ensure", "a/b", "x", "`a/b` (line 1) is not edited: it holds text, so no element is put beside it"),
        ("<r><a>text</a></r>", "replace_children", "a", "<b/>", "`a` (line 1) is not edited: it holds text, so no element is put beside it"),
        ("<r>\n<a></r>", "set", "a", "x", "line 2: column 4: not well-formed XML: expected 'a' tag, not 'r' at 2:4"),
        ("<r><!-- a <!-- b --> --></r>", "set", "a", "x", "line 1: column 4: not well-formed XML: comment at 1:4 contains '--'"),
        ("<!DOCTYPE r [\n<!ENTITY x 'y'>]><r><a>&x;</a></r>", "set", "a", "x", "line 2: a file that declares entities is not edited"),
        ("<?xml version='1.0' encoding='ISO-8859-1'?>\n<r>ü</r>", "set", ".", "x", "the file is in ISO-8859-1, which is not edited: line 2 holds more than ASCII"),
        ("<r/>", "set", ".", "\u{1}", "`.` is no edit that can be made: XML cannot hold the character '\\u{1}'"),
        ("<r/>", "ensure", "@k:a", "x", "line 1: column 4: not well-formed XML: an unknown namespace prefix 'k' at 1:4"),
        ("<r/>", "append", ".", "<b/>text", "`<b/>text` is no edit that can be made: only elements can stand here, no text, comment or instruction"),
        ("<r/>", "append", ".", "<b xmlns='urn:b'/>", "`<b xmlns='urn:b'/>` is no edit that can be made: a snippet declares no namespaces, it gets those of the file"),
    ];
    for (before, verb, target, value, message) in cases {
        assert_eq!(
            refusal(before, verb, target, value),
            message,
            "{verb} {target} of {before}"
        );
    }
    let utf16: Vec<u8> = "<r/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let error = apply(&utf16, &[edit("set", ".", "x").unwrap()]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the file is in UTF-16 or UTF-32, which is not edited: it is read byte by byte"
    );
}

#[test]
#[rustfmt::skip] // one row a line
fn a_path_that_is_none_says_where() {
    let cases = [
        ("", "column 1: a name should stand here"),
        ("/Server", "column 1: a name should stand here"),
        ("a//b", "column 3: a name should stand here"),
        ("a[0]", "column 3: positions count from 1"),
        ("a[@b]", "column 5: `=` should stand here"),
        ("a[b='x]", "column 8: the quoted value does not end"),
        ("a/@b/c", "column 5: the path should end here"),
        ("a/@xmlns", "column 9: a namespace declaration is no target"),
    ];
    for (path, why) in cases {
        let message = edit("set", path, "x").unwrap_err().to_string();
        assert_eq!(
            message,
            format!("`{path}` is no edit that can be made: {why}")
        );
    }
}

#[test]
fn edits_that_undo_each_other_are_an_error() {
    let edits = [
        edit("set", "a", "1").unwrap(),
        edit("set", "a", "2").unwrap(),
    ];
    let error = apply(b"<r><a/></r>", &edits).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`a` is not as asked after all edits: wanted `1`, found `2`"
    );
    let edits = [
        edit("replace_children", ".", "<a/>").unwrap(),
        edit("ensure", "b", "2").unwrap(),
    ];
    let error = apply(b"<r><a/></r>", &edits).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`.` is not as asked after all edits: wanted nothing more to change, found that the edit would change the file again"
    );
}

#[test]
fn lines_in_messages_are_those_of_the_file() {
    let edits = [
        edit("ensure", "a/b/c", "1").unwrap(),
        edit("set", "e/f", "2").unwrap(),
    ];
    let error = apply(b"<r>\n  <a/>\n  <e/>\n</r>", &edits).unwrap_err();
    assert_eq!(error.line(), Some(3));
    let edits = [
        edit("append", ".", "<a/>").unwrap(),
        edit("set", "a", "2").unwrap(),
    ];
    let error = apply(b"<r>\n  <a k='1'/>\n</r>", &edits).unwrap_err();
    assert_eq!(error.to_string(), "`a` stands 2 times, on lines 2 and 3");
}

#[test]
fn a_target_can_be_read() {
    let text = b"<r><a k='1'>x</a><a>y<!-- z --></a></r>";
    assert_eq!(evaluate(text, Format::Xml, "a").unwrap(), ["x", "y"]);
    assert_eq!(evaluate(text, Format::Xml, "a/@k").unwrap(), ["1"]);
    assert_eq!(evaluate(text, Format::Xml, "b/c").unwrap(), [""; 0]);
}

#[test]
fn an_edit_sees_what_earlier_ones_made() {
    let edits = [
        edit("set", "k", "2").unwrap(),
        edit("ensure", "a[@n='x']/b", "1").unwrap(),
        edit("ensure", "a[b='1']/c", "2").unwrap(),
        edit("set", "l", "3").unwrap(),
    ];
    let made = apply(b"<r><k>1</k><l>1</l></r>", &edits).unwrap();
    assert_eq!(
        String::from_utf8(made).unwrap(),
        "<r><k>2</k><l>3</l><a n=\"x\"><b>1</b><c>2</c></a></r>"
    );
}
