//! What the pages for a browser share: one file, no script, nothing from elsewhere; for a phone and a printer too.

use std::fmt::Write;

use super::xml::escaped;

/// Words stand beside every colour.
const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8886;--ok:#1a7f37;--bad:#c62828;--pending:#9a6700}
@media(prefers-color-scheme:dark){:root{--ok:#57c46f;--bad:#ff7b72;--pending:#e3b341}}
body{font:15px/1.45 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}
h1{font-size:1.3rem}h2{font-size:1.05rem;margin:1.6rem 0 .4rem}
table{display:block;overflow-x:auto;border-collapse:collapse;overflow-wrap:break-word}td,th{text-align:left;vertical-align:top;padding:.25rem 1.2rem .25rem 0;border-bottom:1px solid var(--line)}
ul{list-style:none;margin:0;padding:0}li{border-top:1px solid var(--line);padding:.5rem 0}
code,pre{font:13px/1.4 ui-monospace,monospace}
pre{overflow-x:auto;margin:.3rem 0;padding:.5rem;border:1px solid var(--line);border-radius:4px;overflow-wrap:normal}
figure{margin:.4rem 0;overflow-x:auto}figure svg{max-width:100%;height:auto}
.tag{font-weight:600}.ok{color:var(--ok)}.pending,.changed{color:var(--pending)}.drift,.both,.unknown,.unreachable,.failed{color:var(--bad)}
.new{border:1px solid;border-radius:4px;padding:0 .3rem;font-size:.85em}.at{opacity:.7}
pre ins,pre del{text-decoration:none}
@media(max-width:40rem){td,th{padding-right:.6rem}.nodes thead{display:none}.nodes tbody,.nodes tr,.nodes td{display:block}.nodes td{border:0;padding:0}.nodes tr{border-bottom:1px solid var(--line);padding:.4rem 0}}
@media print{details>*{display:block}pre{white-space:pre-wrap}}";

/// How the lines of a hunk are coloured: where a difference is a fault, what the host has is the bad one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hunk {
    /// What is wanted goes, what was found comes.
    Found,
    /// What was goes, what is wanted comes.
    Wanted,
}

/// The page up to its first heading.
pub(super) fn opened(title: &str) -> String {
    let title = escaped(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}\n</style></head><body>\n<h1>{title}</h1>\n"
    )
}

/// The end of every page.
pub(super) const CLOSED: &str = "</body></html>\n";

/// A hunk that can be folded, open at first.
pub(super) fn hunk(text: &str, kind: Hunk, page: &mut String) {
    let (comes, goes) = match kind {
        Hunk::Found => ("failed", "ok"),
        Hunk::Wanted => ("ok", "failed"),
    };
    page.push_str("<details open=\"\"><summary>Hunk</summary><pre>");
    for line in text.lines() {
        let shown = escaped(line);
        let _ok = match line.trim_start().as_bytes().first() {
            Some(b'+') => writeln!(page, "<ins class=\"{comes}\">{shown}</ins>"),
            Some(b'-') => writeln!(page, "<del class=\"{goes}\">{shown}</del>"),
            _ => writeln!(page, "{shown}"),
        };
    }
    page.push_str("</pre></details>");
}
