//! Tables: printed as text, kept as JSON.

use serde_json::{Map, Value as Json, json};
use std::fmt::Write as _;

/// One field of a table.
#[derive(Debug, Clone)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A figure, and how many decimals of it are shown. JSON has all of them.
    Figure(f64, usize),
    /// A judgement.
    Verdict(bool),
    /// Nothing to say.
    Empty,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<usize> for Cell {
    #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are below 2^52")]
    fn from(count: usize) -> Self {
        Self::Figure(count as f64, 0)
    }
}

impl Cell {
    /// A figure where there is one.
    pub fn maybe(figure: Option<f64>, decimals: usize) -> Self {
        figure.map_or(Self::Empty, |figure| Self::Figure(figure, decimals))
    }

    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Figure(figure, 0) => thousands(*figure),
            Self::Figure(figure, decimals) => format!("{figure:.decimals$}"),
            Self::Verdict(true) => "yes".to_owned(),
            Self::Verdict(false) => "NO".to_owned(),
            Self::Empty => String::new(),
        }
    }

    fn json(&self) -> Json {
        match self {
            Self::Text(text) => json!(text),
            Self::Figure(figure, 0) => json!(whole(*figure)),
            Self::Figure(figure, _) => json!(figure),
            Self::Verdict(verdict) => json!(verdict),
            Self::Empty => Json::Null,
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "counts of a benchmark are below 2^52")]
const fn whole(figure: f64) -> i64 {
    figure.round() as i64
}

fn thousands(figure: f64) -> String {
    let digits = whole(figure).to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A table with a name in the JSON, a title on the screen, and sentences below it.
#[derive(Debug, Clone)]
pub struct Table {
    name: &'static str,
    title: String,
    columns: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
    notes: Vec<String>,
}

impl Table {
    /// An empty one.
    pub fn new(name: &'static str, title: &str, columns: &[&'static str]) -> Self {
        Self { name, title: title.to_owned(), columns: columns.to_vec(), rows: Vec::new(), notes: Vec::new() }
    }

    /// One that only says why it has no figures.
    pub fn absent(name: &'static str, title: &str, why: &str) -> Self {
        let mut table = Self::new(name, title, &[]);
        table.note(format!("not measured: {why}"));
        table
    }

    /// Adds a row: a cell for each column.
    pub fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        assert_eq!(N, self.columns.len(), "{}: a cell for each column", self.name);
        self.rows.push(cells.into());
    }

    /// Adds a sentence below the table.
    pub fn note(&mut self, sentence: impl Into<String>) {
        self.notes.push(sentence.into());
    }

    /// As text: words to the left, figures to the right.
    pub fn text(&self) -> String {
        let rows: Vec<Vec<String>> = self.rows.iter().map(|row| row.iter().map(Cell::text).collect()).collect();
        let length = |text: &str| text.chars().count();
        let width = |column: usize, title: &str| {
            let cells = rows.iter().map(|row| length(&row[column]));
            cells.chain([length(title)]).max().unwrap_or_default()
        };
        let widths: Vec<_> = self.columns.iter().enumerate().map(|(column, title)| width(column, title)).collect();
        let is_text = |column: usize| self.rows.iter().all(|row| matches!(row[column], Cell::Text(_) | Cell::Empty));
        let line = |cells: Vec<&str>| {
            let aligned = cells.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
                if is_text(column) { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            });
            aligned.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let mut text = format!("\n{}\n{}\n", self.title, "-".repeat(length(&self.title)));
        if !self.columns.is_empty() {
            let _ = writeln!(text, "{}", line(self.columns.clone()));
        }
        for row in &rows {
            let _ = writeln!(text, "{}", line(row.iter().map(String::as_str).collect()));
        }
        for note in &self.notes {
            let _ = writeln!(text, "{note}");
        }
        text
    }

    /// As JSON: a row is an object by column.
    pub fn json(&self) -> (String, Json) {
        let object = |row: &Vec<Cell>| {
            let cells = self.columns.iter().zip(row);
            cells.map(|(column, cell)| ((*column).to_owned(), cell.json())).collect::<Map<_, _>>()
        };
        let rows: Vec<_> = self.rows.iter().map(object).collect();
        (self.name.to_owned(), json!({"title": self.title, "rows": rows, "notes": self.notes}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_to_the_right_and_words_to_the_left() {
        let mut table = Table::new("t", "T", &["name", "n"]);
        table.row(["a".into(), Cell::Figure(1_234_567.0, 0)]);
        table.row(["bcdef".into(), Cell::Figure(0.25, 1)]);
        assert_eq!(table.text(), "\nT\n-\nname           n\na      1,234,567\nbcdef        0.2\n");
    }

    #[test]
    fn json_has_a_row_as_an_object_with_all_decimals() {
        let mut table = Table::new("t", "T", &["name", "n"]);
        table.row(["a".into(), Cell::Figure(0.25, 1)]);
        assert_eq!(table.json().1["rows"], json!([{"name": "a", "n": 0.25}]));
    }
}
