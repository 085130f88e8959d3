//! The function `revoke`.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    latchkey::lambda::main("revoke", latchkey::endpoint::revoke::ENDPOINT)
}
