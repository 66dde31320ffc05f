//! By what the work of a revision that was begun is known again.

use migratable_core::hash::hex;

use crate::dialect::Work;
use crate::plan::Piece;

/// The digests of the pieces of a revision: one of all, and one for each fill that leaves out what it writes. As long as
/// the work stands there, that may be mended.
pub(super) struct Plan {
    whole: String,
    /// By the place of the fill.
    open: Vec<(usize, String)>,
    /// For each place, that of the fill at which the work stands there.
    fills: Vec<Option<usize>>,
}

impl Plan {
    /// The plan of pieces; each has some texts.
    pub(super) fn of(pieces: &[Piece], texts: &[Vec<String>]) -> Plan {
        let fills: Vec<Option<usize>> = (0..=pieces.len()).map(|at| fill_at(pieces, at)).collect();
        let mut places: Vec<usize> = fills.iter().flatten().copied().collect();
        places.dedup();
        let open = places.into_iter().map(|fill| {
            let of = pieces[fill].work.batches();
            let open = of.map(|it| it.open_digest()).unwrap_or_default();
            let texts = pieces.iter().zip(texts).flat_map(|(piece, texts)| match &piece.work {
                // What is looked for depends on it, and changes nothing.
                work if work.only_looks() => vec!["-- looks"],
                work if of.is_some() && work.batches() == of => vec![open.as_str()],
                _ => texts.iter().map(String::as_str).collect(),
            });
            (fill, digest(texts))
        });
        let open = open.collect();
        Plan { whole: digest(texts.iter().flatten().map(String::as_str)), open, fills }
    }

    /// The digest as it is noted while the work is at a piece.
    pub(super) fn at(&self, piece: usize) -> &str {
        let fill = self.fills.get(piece).copied().flatten();
        self.open.iter().find(|(at, _)| Some(*at) == fill).map_or(&self.whole, |(_, open)| open)
    }
}

fn digest<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    hex(&texts.collect::<Vec<_>>().join("\n"), 32)
}

/// The fill at which the work stands when it is at a piece: what only looks comes before it, and its last rows behind.
pub(super) fn fill_at(pieces: &[Piece], piece: usize) -> Option<usize> {
    let is_fill = |at: &usize| matches!(pieces.get(*at).map(|it| &it.work), Some(Work::Batches(it)) if it.is_fill());
    let looks = pieces.iter().skip(piece).take_while(|it| it.work.only_looks()).count();
    Some(piece + looks).filter(is_fill).or_else(|| piece.checked_sub(1).filter(is_fill))
}
