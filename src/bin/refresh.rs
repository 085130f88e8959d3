//! The function `refresh`.

fn main() -> std::process::ExitCode {
    latchkey::lambda::main("refresh", latchkey::endpoint::refresh::endpoint)
}
