//! Lines of a file or of standard input, unpacked where they are zstd.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The lines of a file; `-` is standard input.
pub(crate) fn open(path: &Path) -> io::Result<Lines> {
    let input: Box<dyn Read> = if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(path)?) };
    Lines::of(input)
}

/// Lines without their ends, in one buffer.
pub(crate) struct Lines {
    input: Box<dyn BufRead>,
    line: Vec<u8>,
}

impl Lines {
    /// The first bytes tell whether the input is packed, since standard input has no name to tell by.
    fn of(mut input: Box<dyn Read>) -> io::Result<Self> {
        let mut start = Vec::with_capacity(ZSTD_MAGIC.len());
        input.by_ref().take(ZSTD_MAGIC.len() as u64).read_to_end(&mut start)?;
        let packed = start == ZSTD_MAGIC;
        let whole = BufReader::with_capacity(1 << 16, io::Cursor::new(start).chain(input));
        let input: Box<dyn BufRead> = if packed {
            Box::new(BufReader::with_capacity(1 << 16, zstd::Decoder::with_buffer(whole)?))
        } else {
            Box::new(whole)
        };
        Ok(Self { input, line: Vec::new() })
    }

    /// The next line that is not blank, byte for byte; it need not be text.
    pub(crate) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        loop {
            self.line.clear();
            if self.input.read_until(b'\n', &mut self.line)? == 0 {
                return Ok(None);
            }
            while self.line.pop_if(|last| matches!(last, b'\n' | b'\r')).is_some() {}
            if !self.line.trim_ascii().is_empty() {
                return Ok(Some(&self.line));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: Vec<u8>) -> Vec<Vec<u8>> {
        let mut lines = Lines::of(Box::new(io::Cursor::new(bytes))).unwrap();
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            all.push(line.to_vec());
        }
        all
    }

    #[test]
    fn lines_are_the_same_packed_and_not() {
        let text = b"{\"a\":1}\r\n\n  \n\xff\xfe\nlast".to_vec();
        let expected = vec![b"{\"a\":1}".to_vec(), b"\xff\xfe".to_vec(), b"last".to_vec()];
        assert_eq!(read(text.clone()), expected);
        assert_eq!(read(zstd::encode_all(text.as_slice(), 0).unwrap()), expected);
        assert!(read(Vec::new()).is_empty());
        assert_eq!(read(b"a".to_vec()), [b"a"]);
    }
}
