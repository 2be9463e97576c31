//! As much of Markdown as the project writes: fenced blocks, headings, and links.

/// A fenced block, with the number of the line on which it begins.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) line: usize,
    pub(crate) language: String,
    /// What stands behind the language, as `name` or `name=value`.
    marks: Vec<(String, String)>,
    pub(crate) text: String,
}

impl Block {
    fn open(line: usize, info: &str) -> Self {
        let mut words = info.split(',').map(str::trim);
        let language = words.next().unwrap_or_default().to_owned();
        let mark = |word: &str| {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            (name.to_owned(), value.to_owned())
        };
        Self { line, language, marks: words.map(mark).collect(), text: String::new() }
    }

    /// The value of the mark `name`, which is empty if it has none.
    pub(crate) fn mark(&self, name: &str) -> Option<&str> {
        self.marks.iter().find(|(mark, _)| mark == name).map(|(_, value)| value.as_str())
    }
}

/// A page taken apart: its fenced blocks, and what stands between them, line by line with numbers.
pub(crate) struct Parts<'a> {
    pub(crate) blocks: Vec<Block>,
    pub(crate) prose: Vec<(usize, &'a str)>,
}

impl<'a> Parts<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let mut parts = Self { blocks: Vec::new(), prose: Vec::new() };
        let mut open: Option<(Block, &str, usize)> = None;
        for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line)) {
            let bare = line.trim_start();
            let indentation = line.len() - bare.len();
            match open.take() {
                Some((block, fence, _)) if bare.trim_end() == fence => parts.blocks.push(block),
                Some((mut block, fence, indentation)) => {
                    // What is a block in an item of a list stands further in.
                    let spaces = line.len() - line.trim_start_matches(' ').len();
                    block.text.push_str(&line[spaces.min(indentation)..]);
                    block.text.push('\n');
                    open = Some((block, fence, indentation));
                }
                None if bare.starts_with("```") => {
                    let info = bare.trim_start_matches('`');
                    let fence = &bare[..bare.len() - info.len()];
                    open = Some((Block::open(number, info), fence, indentation));
                }
                None => parts.prose.push((number, line)),
            }
        }
        assert!(open.is_none(), "a block without an end: {open:?}");
        parts
    }

    /// The names by which links lead to the headings.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let mut anchors: Vec<String> = Vec::new();
        for (_, line) in &self.prose {
            let heading = line.trim_start_matches('#');
            if heading.len() < line.len() && heading.starts_with(' ') {
                let anchor = anchor(heading.trim());
                let earlier = anchors.iter().filter(|other| **other == anchor).count();
                anchors.push(if earlier == 0 { anchor } else { format!("{anchor}-{earlier}") });
            }
            let marks = line.split("<a id=\"").skip(1).filter_map(|rest| rest.split_once('"'));
            anchors.extend(marks.map(|(name, _)| name.to_owned()));
        }
        anchors
    }

    /// Where the links in the prose lead to, with the numbers of their lines.
    pub(crate) fn links(&self) -> Vec<(usize, String)> {
        let mut links = Vec::new();
        for (number, line) in &self.prose {
            let line = without_code(line);
            let ends = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            links.extend(ends.map(|(target, _)| (*number, target.to_owned())));
        }
        links
    }
}

/// As GitHub and mdBook make it.
fn anchor(heading: &str) -> String {
    let is_kept = |letter: &char| letter.is_alphanumeric() || " -_".contains(*letter);
    heading
        .to_lowercase()
        .chars()
        .filter(is_kept)
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

/// Code in a line may look like a link, and is none; the text of a link may be code.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::Parts;

    const PAGE: &str = "# The `first` one: of *all*\n\n- A [link](a.md#b), `no [link](c.md)`.\n\n  ```sh,file=run.sh\n  if true\n    echo\n  ```\n\n## Again\n## Again\n<a id=\"mark\"></a>\n";

    #[test]
    fn a_page_is_taken_apart() {
        let parts = Parts::of(PAGE);
        let block = &parts.blocks[0];
        assert_eq!((block.line, block.language.as_str(), block.mark("file")), (5, "sh", Some("run.sh")));
        assert_eq!(block.text, "if true\n  echo\n");
        assert_eq!(parts.anchors(), ["the-first-one-of-all", "again", "again-1", "mark"]);
        assert_eq!(parts.links(), [(3, "a.md#b".to_owned())]);
    }
}
