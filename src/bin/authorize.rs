//! The function `authorize`.

fn main() -> std::process::ExitCode {
    latchkey::lambda::main("authorize", latchkey::endpoint::authorize::endpoint)
}
