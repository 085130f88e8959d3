//! The function `authorizer`.

fn main() -> std::process::ExitCode {
    latchkey::lambda::authorizer::main()
}
