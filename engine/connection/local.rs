//! Commands on this machine (`ansible_connection: local`): `/bin/sh -c`, the same [`Exec`].

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::oneshot;

use super::{ConnectError, Counters, Ended, Exec, Status};

/// How much of stderr is kept (bytes).
const STDERR_KEPT: usize = 64 << 10;

/// Starts a command line with `/bin/sh`.
pub(super) fn exec(command: &str, counters: &Counters) -> Result<Exec, ConnectError> {
    let mut child = Command::new("/bin/sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| ConnectError::Local { source })?;
    let (Some(stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        unreachable!("all three are piped above");
    };
    counters.exec();
    counters.sent(command.len());
    let (sender, ended) = oneshot::channel();
    tokio::spawn(wait(child, stderr, sender));
    Ok(Exec {
        stdin: Box::new(Counted(stdin, counters.clone())),
        stdout: Box::new(Counted(stdout, counters.clone())),
        ended,
    })
}

/// Waits for the command; ends it when nobody waits for it any more.
async fn wait(mut child: Child, stderr: ChildStderr, mut ended: oneshot::Sender<Ended>) {
    let finished = async {
        let stderr = tail(stderr).await;
        (child.wait().await, stderr)
    };
    let (status, stderr) = tokio::select! {
        finished = finished => finished,
        // The child is killed when it is dropped.
        () = ended.closed() => return,
    };
    // Whoever stopped waiting in this moment does not want it.
    let _unwanted = ended.send(Ended {
        status: status.map_or(Status::Lost, told),
        stderr,
    });
}

fn told(status: ExitStatus) -> Status {
    match (status.code(), status.signal()) {
        (Some(code), _) => Status::Exit(u32::from(code.unsigned_abs() as u16)),
        (None, Some(signal)) => Status::Signal(signal_name(signal)),
        (None, None) => Status::Lost,
    }
}

/// The names that SSH has for signals (RFC 4254, 6.10); Linux's numbers.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "HUP",
        2 => "INT",
        3 => "QUIT",
        4 => "ILL",
        6 => "ABRT",
        8 => "FPE",
        9 => "KILL",
        10 => "USR1",
        11 => "SEGV",
        12 => "USR2",
        13 => "PIPE",
        14 => "ALRM",
        15 => "TERM",
        other => return other.to_string(),
    };
    name.to_owned()
}

async fn tail(mut stderr: ChildStderr) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut piece = [0; 8192];
    // An error on a pipe from a child is its end.
    while let Ok(count @ 1..) = stderr.read(&mut piece).await {
        kept.extend_from_slice(&piece[..count]);
        let surplus = kept.len().saturating_sub(STDERR_KEPT);
        kept.drain(..surplus);
    }
    kept
}

/// A pipe whose bytes are counted.
struct Counted<P>(P, Counters);

impl AsyncRead for Counted<ChildStdout> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.0).poll_read(context, buffer);
        self.1.received(buffer.filled().len() - before);
        outcome
    }
}

impl AsyncWrite for Counted<ChildStdin> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.0).poll_write(context, bytes);
        if let Poll::Ready(Ok(count)) = &outcome {
            self.1.sent(*count);
        }
        outcome
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
