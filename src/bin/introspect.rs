//! The function `introspect`.

fn main() -> std::process::ExitCode {
    latchkey::lambda::main("introspect", latchkey::endpoint::introspect::endpoint)
}
