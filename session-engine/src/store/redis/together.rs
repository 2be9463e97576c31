//! Commands of requests that come at the same time, in one write.
//!
//! The crate's connection writes a command as soon as its own task runs, which is right after the request's: one
//! system call here and one in the server for each. What all requests that are ready have to ask fits into one.

use futures_util::stream::{StreamExt, unfold};
use redis::aio::MultiplexedConnection;
use redis::{Cmd, ErrorKind, RedisError, RedisResult, Value};
use tokio::sync::{mpsc, oneshot};
use tokio::task::yield_now;

use super::dial::ask_all;

/// Where commands meet that are written together. Its task ends with its last clone.
#[derive(Clone)]
pub(super) struct Together(mpsc::UnboundedSender<Question>);

struct Question {
    command: Cmd,
    answer: oneshot::Sender<RedisResult<Value>>,
}

impl Together {
    pub(super) fn on(redis: MultiplexedConnection) -> Self {
        // Bounded by whoever asks: so many requests may be under way on a line, and nothing is asked for those who
        // have gone away.
        let (questions, asked) = mpsc::unbounded_channel();
        tokio::spawn(pass_on(redis, asked));
        Self(questions)
    }

    /// The answer to one command.
    pub(super) async fn ask(&self, command: &Cmd) -> RedisResult<Value> {
        let (answer, answered) = oneshot::channel();
        let gone = || RedisError::from((ErrorKind::Io, "the connection has ended"));
        self.0.send(Question { command: command.clone(), answer }).map_err(|_| gone())?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }
}

async fn pass_on(redis: MultiplexedConnection, asked: mpsc::UnboundedReceiver<Question>) {
    let batches = unfold(asked, async |mut asked| Some((batch(&mut asked).await?, asked)));
    batches.for_each_concurrent(None, |questions| answer_all(&redis, questions)).await;
}

/// None when nobody can ask any more.
async fn batch(asked: &mut mpsc::UnboundedReceiver<Question>) -> Option<Vec<Question>> {
    let mut questions = vec![asked.recv().await?];
    // Whoever is about to ask as well does so meanwhile.
    yield_now().await;
    while let Ok(question) = asked.try_recv() {
        questions.push(question);
    }
    Some(questions)
}

async fn answer_all(redis: &MultiplexedConnection, questions: Vec<Question>) {
    // Who has gone away meanwhile need not be answered.
    let questions = questions.into_iter().filter(|question| !question.answer.is_closed());
    let (commands, waiting): (Vec<_>, Vec<_>) =
        questions.map(|Question { command, answer }| (command, answer)).unzip();
    if commands.is_empty() {
        return;
    }
    // Who is gone by now does not hear it.
    match ask_all(redis, commands).await {
        Ok(answers) => {
            for (waiting, answer) in waiting.into_iter().zip(answers) {
                let _ = waiting.send(answer);
            }
        }
        Err(error) => {
            for waiting in waiting {
                let _ = waiting.send(Err(error.clone()));
            }
        }
    }
}
