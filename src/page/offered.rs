//! What the sign-in page offers of an institution's provider.

/// What the sign-in page offers of an institution's provider.
#[derive(Clone, Copy, Debug)]
pub struct Offered {
    /// Whether it is the only way to sign in.
    pub only: bool,
    /// Whether the user wants another account than the one that the provider remembers.
    pub another: bool,
}
