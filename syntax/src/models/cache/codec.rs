//! Numbers, texts and lists as bytes, and back.

use std::ops::Range;
use std::path::PathBuf;

/// A place in the bytes of a cache.
pub(super) struct Reader<'r> {
    bytes: &'r [u8],
    at: usize,
    end: usize,
}

impl<'r> Reader<'r> {
    pub(super) fn new(bytes: &'r [u8], range: Range<usize>) -> Reader<'r> {
        Reader { bytes, at: range.start, end: range.end }
    }

    /// One byte. Reading byte by byte is what unoptimised code does fastest.
    fn byte(&mut self) -> Option<u8> {
        let at = self.at;
        if at >= self.end {
            return None;
        }
        self.at = at + 1;
        Some(self.bytes[at])
    }

    fn take(&mut self, length: usize) -> Option<&'r [u8]> {
        let start = self.at;
        if length > self.end - start {
            return None;
        }
        self.at = start + length;
        Some(&self.bytes[start..start + length])
    }

    /// What is not read yet.
    pub(super) fn rest(&self) -> Range<usize> {
        self.at..self.end
    }

    /// Skips bytes that stand behind their count.
    pub(super) fn counted(&mut self) -> Option<Range<usize>> {
        let length = usize::try_from(u32::get(self)?).ok()?;
        let start = self.at;
        self.take(length)?;
        Some(start..self.at)
    }
}

/// Writes bytes behind their count.
pub(super) fn counted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    0u32.put(out);
    write(out);
    let length = u32::try_from(out.len() - at - 4).unwrap_or(u32::MAX);
    out[at..at + 4].copy_from_slice(&length.to_le_bytes());
}

/// Something that can stand in a cache.
pub(super) trait Codec: Sized {
    fn put(&self, out: &mut Vec<u8>);
    fn get(from: &mut Reader<'_>) -> Option<Self>;
}

impl Codec for u8 {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    fn get(from: &mut Reader<'_>) -> Option<u8> {
        from.byte()
    }
}

impl Codec for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn get(from: &mut Reader<'_>) -> Option<bool> {
        from.byte().map(|byte| byte != 0)
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Codec for $number {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            fn get(from: &mut Reader<'_>) -> Option<$number> {
                Some(<$number>::from_le_bytes(from.take(size_of::<$number>())?.try_into().ok()?))
            }
        }
    )*};
}

numbers!(u16, u32, u64, i64);

/// The byte before a number that fills four.
const LONG: u8 = 255;

/// Counts, lines and columns: most fill one byte, and none is over four thousand million.
impl Codec for usize {
    fn put(&self, out: &mut Vec<u8>) {
        match u8::try_from(*self) {
            Ok(short) if short < LONG => out.push(short),
            _ => {
                out.push(LONG);
                u32::try_from(*self).unwrap_or(u32::MAX).put(out);
            }
        }
    }

    fn get(from: &mut Reader<'_>) -> Option<usize> {
        match from.byte() {
            Some(LONG) => u32::get(from).and_then(|number| usize::try_from(number).ok()),
            Some(short) => Some(short as usize),
            None => None,
        }
    }
}

impl Codec for String {
    fn put(&self, out: &mut Vec<u8>) {
        self.len().put(out);
        out.extend_from_slice(self.as_bytes());
    }

    fn get(from: &mut Reader<'_>) -> Option<String> {
        let length = usize::get(from)?;
        match std::str::from_utf8(from.take(length)?) {
            Ok(text) => Some(String::from(text)),
            Err(_) => None,
        }
    }
}

impl Codec for PathBuf {
    fn put(&self, out: &mut Vec<u8>) {
        self.to_string_lossy().into_owned().put(out);
    }

    fn get(from: &mut Reader<'_>) -> Option<PathBuf> {
        String::get(from).map(PathBuf::from)
    }
}

impl<T: Codec> Codec for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.is_some()));
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn get(from: &mut Reader<'_>) -> Option<Option<T>> {
        match from.byte() {
            Some(0) => Some(None),
            Some(_) => T::get(from).map(Some),
            None => None,
        }
    }
}

impl<T: Codec> Codec for Box<T> {
    fn put(&self, out: &mut Vec<u8>) {
        T::put(self, out);
    }

    fn get(from: &mut Reader<'_>) -> Option<Box<T>> {
        T::get(from).map(Box::new)
    }
}

impl<T: Codec> Codec for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.len().put(out);
        for item in self {
            item.put(out);
        }
    }

    fn get(from: &mut Reader<'_>) -> Option<Vec<T>> {
        let length = usize::get(from)?;
        // A damaged length must not ask for more memory than there are bytes.
        let mut items = Vec::with_capacity(length.min(from.end - from.at));
        let mut left = length;
        while left > 0 {
            items.push(T::get(from)?);
            left -= 1;
        }
        Some(items)
    }
}

impl<A: Codec, B: Codec> Codec for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn get(from: &mut Reader<'_>) -> Option<(A, B)> {
        Some((A::get(from)?, B::get(from)?))
    }
}
