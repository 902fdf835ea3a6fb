//! A way out that answers as a test says. It stands for no provider: what real gateways and SMSCs
//! answer is tried on real ones; here it is about what the outbox makes of the answers.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use channels::{Content, Outbound, Sender, Sent};

type Answer = Box<dyn FnMut(usize, &Outbound) -> Sent + Send>;

/// A sender whose answers are a function of the message and of how many came before it.
#[derive(Clone)]
pub struct Script(Arc<Mutex<Inner>>);

struct Inner {
    answer: Answer,
    texts: Vec<String>,
    to: Vec<String>,
}

impl Script {
    /// Answers so.
    pub fn answering(answer: impl FnMut(usize, &Outbound) -> Sent + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            answer: Box::new(answer),
            texts: Vec::new(),
            to: Vec::new(),
        })))
    }

    /// Takes everything and calls it `m-1`, `m-2` and so on.
    pub fn taking() -> Self {
        Self::answering(|n, _| Sent::Accepted {
            id: format!("m-{}", n + 1),
        })
    }

    /// Answers so from now on.
    pub fn now(&self, answer: impl FnMut(usize, &Outbound) -> Sent + Send + 'static) {
        self.0.lock().unwrap().answer = Box::new(answer);
    }

    /// What was tried, in its order, as far as it was not asked for before.
    pub fn texts(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().texts)
    }
}

#[async_trait]
impl Sender for Script {
    async fn send(&self, message: &Outbound) -> Sent {
        let Content::Text(part) = &message.content else {
            panic!("a text")
        };
        let mut inner = self.0.lock().unwrap();
        let n = inner.to.len();
        inner.to.push(message.to.clone());
        inner.texts.push(part.text.clone());
        (inner.answer)(n, message)
    }
}
