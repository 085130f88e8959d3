//! Parameters that the addresses of pages have beside the application's request. Forms have `another`, too.

/// By which parameter a user chooses the language of a page that belongs to no application's request.
pub(super) const LANGUAGE: &str = "language";

/// What the address has that a code leads to, once it was typed.
pub(super) const TICKET: &str = "ticket";

/// By what an address and a form say that the user wants another account than the one that the provider remembers.
pub(super) const ANOTHER: &str = "another";

/// The address of a question, for a user who wants another account.
pub(super) fn with_another(to: &str) -> String {
    with(to, ANOTHER, "yes")
}

/// A page of the service itself, in this language.
pub(super) fn with_language(place: &str, tag: &str) -> String {
    with(place, LANGUAGE, tag)
}

fn with(address: &str, name: &str, value: &str) -> String {
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}{name}={value}")
}
