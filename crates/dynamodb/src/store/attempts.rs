//! How often a call was sent. A refusal of the first attempt says that nothing was written. A refusal of a later one
//! says nothing of those before it, whose replies may have been lost.

use std::cell::Cell;

tokio::task_local! {
    static SENT: Cell<u32>;
}

/// Notes that an attempt is sent.
pub(crate) fn note() {
    // Of reads no count is kept.
    let _ = SENT.try_with(|sent| sent.set(sent.get().saturating_add(1)));
}

/// Takes the last note back: what was sent is known to have done nothing.
pub(crate) fn take_back() {
    let _ = SENT.try_with(|sent| sent.set(sent.get().saturating_sub(1)));
}

/// Runs a call, and says how many attempts it took: 0 where that is not known, or nothing was sent after an attempt that did
/// nothing.
pub(super) async fn counted<T>(call: impl Future<Output = T>) -> (T, u32) {
    let counting = async {
        let outcome = call.await;
        (outcome, SENT.with(Cell::get))
    };
    SENT.scope(Cell::new(0), counting).await
}
