//! Lines of a file or of standard input, unpacked where they are zstd. A line longer than it may be is skipped and
//! told of, so that no input takes all memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Why there is no line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LineError {
    /// It was skipped; the next call gives the one after it.
    #[error("line {line} has more than {longest} bytes")]
    TooLong {
        /// From 1.
        line: u64,
        /// The most that a line may have.
        longest: usize,
    },
    /// There is no more to come.
    #[error(transparent)]
    Unreadable(#[from] io::Error),
}

/// What is at a path; `-` is standard input.
pub(crate) fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    Ok(if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(path)?) })
}

/// Lines without their ends, in one buffer.
pub(crate) struct Lines {
    input: Box<dyn BufRead>,
    longest: usize,
    line: Vec<u8>,
    number: u64,
}

impl Lines {
    /// The lines of an input, none longer than so many bytes. Its first bytes tell whether it is packed, since standard
    /// input has no name to tell by.
    pub(crate) fn of(mut input: Box<dyn Read>, longest: usize) -> io::Result<Self> {
        let mut start = Vec::with_capacity(ZSTD_MAGIC.len());
        input.by_ref().take(ZSTD_MAGIC.len() as u64).read_to_end(&mut start)?;
        let packed = start == ZSTD_MAGIC;
        let whole = BufReader::with_capacity(1 << 16, io::Cursor::new(start).chain(input));
        let input: Box<dyn BufRead> = if packed {
            Box::new(BufReader::with_capacity(1 << 16, zstd::Decoder::with_buffer(whole)?))
        } else {
            Box::new(whole)
        };
        Ok(Self { input, longest, line: Vec::new(), number: 0 })
    }

    /// The next line that is not blank, byte for byte; it need not be text.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>, LineError> {
        loop {
            self.line.clear();
            // With room for its end.
            let most = self.longest as u64 + 2;
            if self.input.by_ref().take(most).read_until(b'\n', &mut self.line)? == 0 {
                return Ok(None);
            }
            self.number += 1;
            if self.line.len() as u64 == most && self.line.last() != Some(&b'\n') {
                self.input.skip_until(b'\n')?;
            } else {
                while self.line.pop_if(|last| matches!(last, b'\n' | b'\r')).is_some() {}
            }
            if self.line.len() > self.longest {
                return Err(LineError::TooLong { line: self.number, longest: self.longest });
            }
            if !self.line.trim_ascii().is_empty() {
                return Ok(Some(&self.line));
            }
        }
    }

    /// The number of the line that was given last, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: Vec<u8>, longest: usize) -> Vec<Result<Vec<u8>, String>> {
        let mut lines = Lines::of(Box::new(io::Cursor::new(bytes)), longest).unwrap();
        let mut all = Vec::new();
        loop {
            match lines.next() {
                Ok(None) => return all,
                Ok(Some(line)) => all.push(Ok(line.to_vec())),
                Err(LineError::Unreadable(error)) => {
                    all.push(Err(error.to_string()));
                    return all;
                }
                Err(error) => all.push(Err(error.to_string())),
            }
        }
    }

    #[test]
    fn lines_are_the_same_packed_and_not() {
        let text = b"{\"a\":1}\r\n\n  \n\xff\xfe\nlast".to_vec();
        let expected = vec![Ok(b"{\"a\":1}".to_vec()), Ok(b"\xff\xfe".to_vec()), Ok(b"last".to_vec())];
        assert_eq!(read(text.clone(), 100), expected);
        assert_eq!(read(zstd::encode_all(text.as_slice(), 0).unwrap(), 100), expected);
        assert!(read(Vec::new(), 100).is_empty());
        assert_eq!(read(b"a".to_vec(), 100), [Ok(b"a".to_vec())]);
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_and_told_of() {
        let long = |line| Err(format!("line {line} has more than 4 bytes"));
        let four = || Ok(b"1234".to_vec());
        for end in ["\n", "\r\n"] {
            let text = ["1234", "12345", &"x".repeat(1 << 20), "1234", "1234\r\r56"].join(end).into_bytes();
            assert_eq!(read(text, 4), [four(), long(2), long(3), four(), long(5)], "{end:?}");
        }
    }

    #[test]
    fn packed_text_that_is_cut_off_ends_with_its_error() {
        let mut packed = zstd::encode_all(&b"one\ntwo\n".repeat(1000)[..], 0).unwrap();
        packed.truncate(packed.len() - 3);
        let all = read(packed, 100);
        assert!(all.last().unwrap().is_err(), "{all:?}");
    }
}
