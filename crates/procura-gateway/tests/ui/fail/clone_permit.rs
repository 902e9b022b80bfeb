use procura_core::decide::Permit;

fn copy(permit: &Permit) -> Permit {
    Clone::clone(permit)
}

fn main() {}
