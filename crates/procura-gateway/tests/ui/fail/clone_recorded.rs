use procura_engine::record::Recorded;

fn copy(recorded: &Recorded) -> Recorded {
    Clone::clone(recorded)
}

fn main() {}
