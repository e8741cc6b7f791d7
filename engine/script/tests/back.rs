//! The way back: what hosts keep, and what of it is what an earlier generation had.

use std::path::Path;
use std::process::Command;

use crate::script::function::Function;

/// Writes as runs do: `wrote N put PATH TEXT`, `wrote N gone PATH`, `wrote N mode PATH` (644), `wrote N unit TEXT`; and `back TO`, which
/// lists what comes back, and puts it back.
const WRITES: &str = r#"
S=$PWD/state H=$PWD/home U=$PWD/unit whose=$(stat -c %U:%G .)
systemctl() { :; }
row() { printf '%s\t644 f %s\n' "$2" "$(wm_hash_of "$1")"; }
wrote() {
  wm_tab=$(printf '\t'); wm_stage "$S" > /dev/null; : > "$S/plan"; : > "$S/manifest.rows"
  case $2 in
    put)
      mkdir -p "$(dirname "$S/stage/$3")" && printf %s "$4" > "$S/stage/$3"; chmod 644 "$S/stage/$3"
      row "$S/stage/$3" "$3" > "$S/manifest.rows"; printf 'put\t-\t644\t%s\t%s\n' "$whose" "$3" > "$S/plan" ;;
    gone) printf '%s\t-\n' "$3" > "$S/manifest.rows"; printf 'gone\t-\t-\t-\t%s\n' "$3" > "$S/plan" ;;
    mode) row "$H/$3" "$3" > "$S/manifest.rows"; printf 'attributes\t-\t644\t%s\t%s\n' "$whose" "$3" > "$S/plan" ;;
    unit) wm_keep_unit "$S" "$1" "$U" && printf %s "$3" > "$U" && wm_note "$S" unit "$(wm_hash_of "$U")" ;;
  esac && wm_commit "$S" "$H" "$1" 9 && echo "$1 now" > "$S/generation" && last=$1 || exit 9
}
back() {
  wm_temp; wm_comes_back "$S" "$H" "$U" "$1" "${2:--}" | cut -f 1,2,5,6 | tr '\t' ' ' | sed "s#$U#unit#"; wm_clear
  wm_back "$S" "$H" "$U" "$1" "${2:--}" > /dev/null && wm_unit_back "$S" "$((last + 1))" "$U" && wm_commit "$S" "$H" "$((last + 1))" 9 || exit 9
  echo ":"; cd "$H" && find . -type f -printf '%P\n' | sort | while read f; do echo "$f" "$(stat -c %a $f)" $(cat $f); done
}
installed() { mkdir -p "$(dirname "$H/$1")" && printf %s "$2" > "$H/$1" && row "$H/$1" "$1" >> "$S/manifest"; }
umask 022; mkdir -p "$S" "$H"; : > "$S/manifest"
"#;

/// What comes back by these steps: the list, and after `:` what lies there then.
fn steps(folder: &Path, steps: &str) -> String {
    let tree = Function::Tree.text();
    let script = format!(
        "wm_nonce=x\n{}\n{}\n{}\n{}\n{tree}\n{WRITES}\n{steps}",
        include_str!("../sh/base.sh"),
        include_str!("../sh/steps.sh"),
        include_str!("../sh/commit.sh"),
        include_str!("../sh/back.sh"),
    );
    let mut run = Command::new("sh");
    let ran = run.args(["-c", &script]).current_dir(folder).output();
    let ran = ran.unwrap();
    assert!(ran.status.success(), "{steps}: {ran:?}");
    String::from_utf8(ran.stdout).unwrap()
}

/// What lies as the generation had it stays, what is kept of it is put back, from whichever later one, and only where neither
/// is, somebody's edit is, and is called that.
#[test]
fn the_way_back_is_to_what_a_generation_had() {
    let rows = [
        ("installed a v1; wrote 2 put a v2", "put 2 had a\n:\na 644 v1\n"),
        ("installed a v1; wrote 2 gone a", "put 2 had a\n:\na 644 v1\n"),
        ("wrote 2 put a v1", "gone 2 had a\n:\n"),
        // Back and forth: nothing is to do.
        ("installed a v1; wrote 2 put a v2; wrote 3 put a v1", ":\na 644 v1\n"),
        // An edit by hand that was mended; mended, and the file changed later; changed at once.
        ("installed a v1; echo hand > $H/a; wrote 2 put a v1", "stays 2 other a\n:\na 644 v1\n"),
        (
            "installed a v1; echo hand > $H/a; wrote 2 put a v1; wrote 3 put a v2",
            "put 3 had a\n:\na 644 v1\n",
        ),
        ("installed a v1; printf hand > $H/a; wrote 2 put a v2", "put 2 other a\n:\na 644 hand\n"),
        // Removed by hand.
        ("installed a v1; rm $H/a; wrote 2 put a v1", "stays 2 none a\n:\na 644 v1\n"),
        ("installed a v1; rm $H/a; wrote 2 put a v2", "gone 2 other a\n:\n"),
        // What somebody had put there is nobody's, and what is in it neither.
        ("echo x > $H/a; wrote 2 gone a", "stays 2 other a\n:\n"),
        (
            "mkdir -p $H/d/e; echo x > $H/d/e/f; echo x > $H/d/g; wrote 2 gone d",
            "stays 2 other d\nstays 2 other d/e\nstays 2 other d/e/f\nstays 2 other d/g\n:\n",
        ),
        // What was found without a record may have been wanted.
        ("echo x > $H/a; : > $S/anew; wrote 2 gone a", "put 2 - a\n:\na 644 x\n"),
        // Modes.
        ("installed a v1; chmod 600 $H/a; wrote 2 mode a", ":\na 644 v1\n"),
        ("installed a v1; wrote 2 mode a; chmod 600 $H/a", "attributes - - a\n:\na 644 v1\n"),
        ("installed a v1; chmod 600 $H/a; wrote 2 put a v2", "put 2 had a\n:\na 644 v1\n"),
        // A link in its place, and what only its normal form tells.
        ("installed a v1; ln -sf /etc/passwd $H/a; wrote 2 put a v1", "stays 2 other a\n:\na 644 v1\n"),
        (
            "mkdir -p $H/c; printf 'b,1\\na,1\\n' > $H/c/bundles.info; wm_normal < $H/c/bundles.info > n; row n c/bundles.info > $S/manifest
             wrote 2 put c/bundles.info x",
            "put 2 had c/bundles.info\n:\nc/bundles.info 644 b,1 a,1\n",
        ),
        // Secrets by a keyed digest.
        (
            "installed a v1; echo a > $S/secret; printf hand > $H/a; wrote 2 put a v1; grep -q ' f k:' $S/previous/2.rows || wrote 3 put a v2; wrote 4 put a v3",
            "put 3 had a\n:\na 644 v1\n",
        ),
        // The unit file.
        ("printf 1 > $U; wm_note $S unit $(wm_hash_of $U); wrote 2 unit 2", "unit 2 had unit\n:\n"),
        (
            "printf 1 > $U; wm_note $S unit $(wm_hash_of $U); echo hand >> $U; wrote 2 unit 1",
            "stays 2 other unit\n:\n",
        ),
    ];
    for (made, told) in rows {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            steps(folder.path(), &format!("{made}; back 1")),
            told,
            "{made}"
        );
    }
}

/// However many files generations replaced, each is told, by the oldest that kept it where no record tells more.
#[test]
fn all_that_comes_back_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let told = steps(
        folder.path(),
        "mkdir -p $S/previous/2/conf $S/previous/3/conf/axis2 $S/previous/10/conf $S/previous/3/empty $S/previous/1/conf
         for n in 1 2 3 10; do : > $S/previous/$n.rows; done
         for f in 1/conf/a 2/conf/a 3/conf/a '3/conf/axis2/b c' 10/conf/x; do : > \"$S/previous/$f\"; done
         printf 'conf/a\\nnew\\n' > $S/previous/10.new; : > $S/previous/3.unit
         printf 'conf/axis2/b c\\t600\\tme:me\\nmode\\t600\\tme:me\\n' > $S/previous/2.modes; : > $H/mode
         wm_temp; wm_comes_back $S $H $U 1 - | cut -f 1-3,5- | sed \"s#$(printf '\\t'$U)#\\tunit#\"",
    );
    insta::assert_snapshot!(told.replace('\t', " "), @r"
    unit 3 644 - unit
    folder 2 755 - conf
    put 2 644 - conf/a
    folder 3 755 - conf/axis2
    put 3 600 - conf/axis2/b c
    put 10 644 - conf/x
    folder 3 755 - empty
    attributes - 600 - mode
    gone 10 - - new
    ");
}
