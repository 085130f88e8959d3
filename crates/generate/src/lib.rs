//! What the one table says, in the words of others: both deployments, the rehearsal, the document of settings. And the tables
//! of what requests and scans cost, and the operators' policy where Terraform's module reads it.
//!
//! A file is written as a whole, or only between comments: `# generated: NAME` and `# end of NAME`. In Markdown these are
//! `<!-- generated: NAME -->` and `<!-- end of NAME -->`.

mod documents;
mod pattern;
mod sam;
mod terraform;

use std::path::PathBuf;

use latchkey_scale::load::LOADS;
use latchkey_scale::{prices, report};

/// Why nothing can be written. One line.
#[derive(Debug)]
pub struct Failure(pub String);

/// A file with something generated.
pub struct File {
    /// Its path from the root of the repository.
    pub name: &'static str,
    path: PathBuf,
    now: String,
    wanted: String,
}

/// The text between two comments, by name. Each line ends with a line feed.
type Section = (&'static str, String);

impl File {
    fn whole(name: &'static str, wanted: String) -> Self {
        let path = path(name);
        // A file that is not there is stale.
        let now = std::fs::read_to_string(&path).unwrap_or_default();
        Self { name, path, now, wanted }
    }

    fn parts(name: &'static str, sections: &[Section]) -> Result<Self, Failure> {
        let path = path(name);
        let now = read(name)?;
        let wanted = sections.iter().try_fold(now.clone(), |text, section| replace(name, &text, section))?;
        Ok(Self { name, path, now, wanted })
    }

    /// Whether it has to be written anew.
    pub fn is_stale(&self) -> bool {
        self.now != self.wanted
    }

    /// Fails if it has to be written anew.
    pub fn check(&self) -> Result<(), Failure> {
        if self.is_stale() { Err(Failure(format!("{} is stale: run stages/generate", self.name))) } else { Ok(()) }
    }

    /// Writes it, where it is stale.
    pub fn write(&self) -> Result<(), Failure> {
        if !self.is_stale() {
            return Ok(());
        }
        std::fs::write(&self.path, &self.wanted).map_err(|error| Failure(format!("{}: {error}", self.name)))
    }
}

fn read(name: &str) -> Result<String, Failure> {
    std::fs::read_to_string(path(name)).map_err(|error| Failure(format!("{name}: {error}")))
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

/// Puts a section where its comments are, once.
fn replace(file: &str, text: &str, (name, section): &Section) -> Result<String, Failure> {
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let place = |mark: String| {
        let mark = match file.ends_with(".md") {
            true => format!("<!-- {mark} -->"),
            false => format!("# {mark}"),
        };
        let mut places = lines.iter().enumerate().filter(|(_, line)| line.trim() == mark).map(|(place, _)| place);
        match (places.next(), places.next()) {
            (Some(place), None) => Ok(place),
            _ => Err(Failure(format!("{file} must have the line `{mark}` once"))),
        }
    };
    let (begin, end) = (place(format!("generated: {name}"))?, place(format!("end of {name}"))?);
    if end < begin {
        return Err(Failure(format!("{file} has the end of `{name}` before its beginning")));
    }
    Ok(lines[..=begin].concat() + section + &lines[end..].concat())
}

/// Every file with something generated.
pub fn files() -> Result<Vec<File>, Failure> {
    let template = read("infra/template.yaml")?;
    let mut files = vec![
        File::whole("docs/configuration.md", documents::configuration()),
        File::parts("docs/costs.md", &[("requests", prices::of_requests()), ("tokens", prices::of_tokens())])?,
        File::parts("docs/scale.md", &report::sections(&LOADS))?,
        File::whole("infra/rehearse/service.json", documents::service()?),
        // A root may have a copy of the module without what lies beside it.
        File::whole("infra/terraform/operate.json", read("infra/policies/operate.json")?),
        File::parts("infra/template.yaml", &sam::sections(sam::globals(&template)?))?,
    ];
    files.extend(terraform::files()?);
    Ok(files)
}

/// Puts values where a template has their names: `<name>`.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("<{name}>"), value))
}

/// A text between quotes, as JSON, YAML and HCL write it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// `issue` as part of a logical id: `Issue`.
fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().collect::<String>() + characters.as_str())
}

/// `SignInFailures` with its words apart: `sign_in_failures`.
fn apart(name: &str, joint: char) -> String {
    let mut text = String::new();
    for (place, character) in name.char_indices() {
        if place > 0 && character.is_ascii_uppercase() {
            text.push(joint);
        }
        text.push(character.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_generated_is_stale() {
        let stale: Vec<_> = files().unwrap().into_iter().filter(File::is_stale).map(|file| file.name).collect();
        assert_eq!(stale, Vec::<&str>::new(), "run stages/generate");
    }

    #[test]
    fn a_stale_file_is_named_with_the_command_that_writes_it_and_stays_as_it_is() {
        // A folder cannot be read as a file, as one that is not there cannot.
        let mut file = File::whole("docs", "new".to_owned());
        let Failure(reason) = file.check().unwrap_err();
        assert_eq!(reason, "docs is stale: run stages/generate");
        file.now = file.wanted.clone();
        assert!(file.check().is_ok() && file.write().is_ok());
    }

    #[test]
    fn a_section_is_put_between_its_comments_and_nowhere_else() {
        let text = "a\n  # generated: x\n  old\n  # end of x\nb\n";
        let put = replace("f", text, &("x", "new\n".to_owned())).unwrap();
        assert_eq!(put, "a\n  # generated: x\nnew\n  # end of x\nb\n");
        let page = "a\n<!-- generated: x -->\nold\n<!-- end of x -->\n# generated: x\n";
        let put = replace("f.md", page, &("x", "new\n".to_owned())).unwrap();
        assert_eq!(put, "a\n<!-- generated: x -->\nnew\n<!-- end of x -->\n# generated: x\n");
        for wrong in ["a\n", "# end of x\n# generated: x\n", "# generated: x\n# generated: x\n# end of x\n"] {
            assert!(replace("f", wrong, &("x", String::new())).is_err(), "{wrong}");
        }
    }
}
