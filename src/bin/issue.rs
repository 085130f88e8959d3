//! The function `issue`.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    latchkey::lambda::main("issue", latchkey::endpoint::issue::ENDPOINT)
}
