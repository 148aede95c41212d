//! qbsdiff make BASE TARGET PATCH, qbsdiff apply BASE PATCH RESULT: the crate with its defaults, on files.
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().collect();
    let first = fs::read(&args[2])?;
    let second = fs::read(&args[3])?;
    let mut out = Vec::new();
    match args[1].as_str() {
        "make" => {
            qbsdiff::Bsdiff::new(&first, &second).compare(io::Cursor::new(&mut out))?;
        }
        _ => {
            qbsdiff::Bspatch::new(&second)?.apply(&first, io::Cursor::new(&mut out))?;
        }
    }
    fs::write(&args[4], out)
}
