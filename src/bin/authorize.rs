//! The function `authorize`.

use latchkey_oauth::service::Function;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    latchkey::lambda::main(Function::Authorize, latchkey::endpoint::authorize::ENDPOINT)
}
