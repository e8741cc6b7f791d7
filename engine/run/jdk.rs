//! A JDK for a host: sent into a folder beside its place, hashed there, and renamed.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::carbon::Jdk;
use crate::modules::{JDK_OWNER, JdkWork, jdk_probe};
use crate::run::home::{call, note};
use crate::run::host::HostRun;
use crate::run::task::{Failure, TaskRun};
use crate::run::upload::Stream;
use crate::script::{Answer, Attributes, Probe, Step, Tree, tree_words};
use crate::yaml::Error;

impl TaskRun<'_> {
    /// Brings a JDK. What an interrupted run has sent is hashed and kept; the question that is given has been answered
    /// on the way.
    pub(super) async fn jdk(
        &self,
        host: &mut HostRun,
        work: &JdkWork,
    ) -> Result<Option<Probe>, Failure> {
        let Some((pack, jdk)) = self.context.world.shared_jdk(&work.cluster, &work.node)? else {
            let message = format!("node `{}` has no `java_pack`", work.node);
            return Err(Error::at(&self.task.place, message).into());
        };
        let (home, state) = (pack.home.clone(), format!("{}.wmprov", pack.home));
        let stage = format!("{state}/stage");
        let mut steps = self.debts(host).await?;
        steps.push(call("wm_stage", [state.clone()]));
        let landed = jdk_probe(&jdk, &stage);
        let doing = "making room for a JDK";
        self.must(host, steps, vec![landed.clone()], doing).await?;
        let kept = kept(&jdk, host.answers.get(&landed));
        let list: String = kept.iter().map(|path| format!("{path}\n")).collect();
        let sweep = vec![
            note(&state, "kept", list),
            call("wm_sweep", [state.clone()]),
        ];
        let doing = "clearing what landed before";
        self.must(host, sweep, Vec::new(), doing).await?;
        let stream = Stream {
            total: jdk.streamed(&kept),
            write: Box::new({
                let jdk = Arc::clone(&jdk);
                move |out| jdk.stream(&kept, out)
            }),
        };
        self.upload(host, &state, stream).await?;
        let owner = (JDK_OWNER.0.to_owned(), JDK_OWNER.1.to_owned());
        let mut words = vec![state.clone(), jdk.tree().to_string()];
        words.extend(tree_words(&owner, &Jdk::rules()));
        let steps = vec![
            Step::Attributes {
                path: stage,
                attributes: Attributes {
                    mode: Some(0o755),
                    owner: Some(owner.0),
                    group: Some(owner.1),
                },
                recurse: false,
            },
            Step::Function {
                name: "wm_verify",
                arguments: words,
            },
            call("wm_jdk", [state, home.clone()]),
        ];
        let doing = "putting a JDK in place";
        // Which Java there is now is asked in the same round trip, for the Homes that wait for it.
        let installed = jdk_probe(&jdk, &home);
        let mut again = host.forget(&home);
        again.retain(|probe| *probe != installed);
        self.must(host, steps, again, doing).await?;
        host.answers
            .insert(installed.clone(), Answer::Tree(Tree::Same));
        Ok(Some(installed))
    }
}

/// The files that have landed whole in an earlier, interrupted upload.
fn kept(jdk: &Jdk, landed: Option<&Answer>) -> BTreeSet<String> {
    let files = jdk.rows().filter(|row| row.to_string().contains(" f "));
    let below = |path: &str| path.trim_start_matches("./").to_owned();
    match landed {
        Some(Answer::Tree(Tree::Rows { rows, .. })) => {
            let there: BTreeSet<&str> = rows.lines().collect();
            let whole = files.filter(|row| there.contains(row.to_string().trim_end()));
            whole.map(|row| below(&row.path)).collect()
        }
        Some(Answer::Tree(Tree::Same)) => files.map(|row| below(&row.path)).collect(),
        _ => BTreeSet::new(),
    }
}
