//! The table: a row a budget of design 4.5, its figure, whether it holds.

/// The rows so far, each printed as it comes.
#[derive(Default)]
pub(crate) struct Table {
    missed: Vec<String>,
}

impl Table {
    /// Prints the head.
    pub(crate) fn begin() -> Self {
        println!("{:<62} {:>10} {:>10}", "", "measured", "budget");
        Self::default()
    }

    /// A count that must be exactly so.
    pub(crate) fn exactly(&mut self, what: &str, measured: u64, budget: u64) {
        self.row(
            what,
            &measured.to_string(),
            &format!("= {budget}"),
            Some(measured == budget),
        );
    }

    /// A figure that must not be greater.
    pub(crate) fn most(&mut self, what: &str, measured: f64, budget: f64, unit: &str) {
        let shown = |value: f64| match unit {
            "" => format!("{value:.2}"),
            _ => format!("{value:.1} {unit}"),
        };
        self.row(
            what,
            &shown(measured),
            &format!("≤ {}", shown(budget)),
            Some(measured <= budget),
        );
    }

    /// A figure that is told and not judged.
    pub(crate) fn told(&mut self, what: &str, measured: &str) {
        self.row(what, measured, "", None);
    }

    fn row(&mut self, what: &str, measured: &str, budget: &str, holds: Option<bool>) {
        let verdict = match holds {
            Some(true) => "holds",
            Some(false) => "MISSED",
            None => "",
        };
        println!("{what:<62} {measured:>10} {budget:>10}  {verdict}");
        if holds == Some(false) {
            self.missed.push(what.to_owned());
        }
    }

    /// Says what was missed; true where nothing was.
    pub(crate) fn end(&self) -> bool {
        match self.missed.as_slice() {
            [] => println!("\nall budgets hold"),
            missed => println!("\nMISSED: {}", missed.join("; ")),
        }
        self.missed.is_empty()
    }
}
