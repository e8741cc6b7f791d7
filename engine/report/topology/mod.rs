//! Clusters → a picture of them: who runs where, in which domain, whom each node lists, who comes in by
//! which name. `scene` is what is drawn; one file a form.

mod mermaid;
mod scene;
mod svg;
mod text;

use crate::cluster::Cluster;

use self::scene::Picture;

/// The forms of the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TopologyFormat {
    /// Boxes for a terminal.
    #[default]
    Text,
    /// One drawing for a browser or a page, light and dark.
    Svg,
    /// For Markdown that draws Mermaid.
    Mermaid,
}

impl TopologyFormat {
    /// Every form.
    pub const ALL: [Self; 3] = [Self::Text, Self::Svg, Self::Mermaid];

    /// Its name on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Svg => "svg",
            Self::Mermaid => "mermaid",
        }
    }
}

/// Draws clusters; `width` is how many columns a text may take.
#[must_use]
pub fn topology_page(clusters: &[Cluster], format: TopologyFormat, width: usize) -> String {
    let picture = Picture::of(clusters);
    match format {
        TopologyFormat::Text => text::page(&picture, width),
        TopologyFormat::Svg => svg::page(&picture),
        TopologyFormat::Mermaid => mermaid::page(&picture),
    }
}
