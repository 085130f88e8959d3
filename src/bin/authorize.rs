//! The function `authorize`.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    latchkey::lambda::main("authorize", latchkey::endpoint::authorize::ENDPOINT)
}
