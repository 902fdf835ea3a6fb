//! A copy of the registry imported from CSV into sealed rows.

use std::pin::Pin;

use serde::{Deserialize, Serialize};

use super::{Registry, RegistryAnswer, RegistryField};
use crate::clock::Day;
use crate::ids::ProvinceId;
use crate::person::{Birth, Document, FullName, Identity, PersonError};
use crate::rules::Gender;
use crate::sealing::{Column, SealError, Sealing};
use crate::store::{Scope, StoreError};
use crate::vault::Field;

const SEALED: Column = Column::new("registry_people", "sealed");

/// What the copy keeps of a person: no more than is compared.
#[derive(Serialize, Deserialize)]
struct Person {
    name_key: String,
    birth: Birth,
    gender: Gender,
}

/// The registry over the imported copy.
#[derive(Clone, Debug)]
pub struct ImportedRegistry {
    sealing: Sealing,
}

/// How an import went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Rows taken.
    pub taken: usize,
    /// Line numbers of rows that were not understood, with why.
    pub refused: Vec<(usize, &'static str)>,
}

/// Why an import stopped.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The first line does not name the columns.
    #[error("the first line must be: number,name,birth,gender")]
    Header,
    /// Storage failed; rows before are kept, importing again is harmless.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// The registry is the nation's, so its copy is filed under a tenant of its own.
///
/// # Panics
/// Never: the id is a constant.
#[expect(clippy::expect_used, reason = "a constant")]
pub fn national() -> ProvinceId {
    ProvinceId::parse("national").expect("a valid id")
}

/// Rows stored in one transaction.
const CHUNK: usize = 500;

impl ImportedRegistry {
    /// Over the rows of this store.
    pub fn new(sealing: Sealing) -> Self {
        Self { sealing }
    }

    /// Imports `number,name,birth,gender` lines (UTF-8; gender `male`, `female`, `Nam`, `Nữ`).
    /// A number met again replaces the earlier row.
    pub async fn import(&self, csv: &str) -> Result<Imported, ImportError> {
        let mut lines = csv.trim_start_matches('\u{feff}').lines();
        let header: Vec<&str> = lines
            .next()
            .unwrap_or("")
            .split(',')
            .map(str::trim)
            .collect();
        if header != ["number", "name", "birth", "gender"] {
            return Err(ImportError::Header);
        }
        let today = self.sealing.clock.today();
        let mut imported = Imported::default();
        let mut people = Vec::new();
        for (at, line) in lines.enumerate().filter(|(_, l)| !l.trim().is_empty()) {
            match read_line(line, today) {
                Ok(person) => people.push(person),
                Err(why) => imported.refused.push((at + 2, why)),
            }
        }
        imported.taken = people.len();
        for chunk in people.chunks(CHUNK) {
            self.store(chunk).await?;
        }
        Ok(imported)
    }

    async fn store(&self, people: &[(Document, Person)]) -> Result<(), ImportError> {
        let (home, now) = (national(), self.sealing.clock.now());
        let key = self.sealing.key(&home, now).await?;
        let mut tx = self.sealing.store.write(&Scope::of(&home)).await?;
        for (document, person) in people {
            let index = self
                .sealing
                .index(&home, Field::Document, &document.index_key());
            let sealed = self.sealing.seal(&key, SEALED, &index, person)?;
            tx.set_registry_person(&index, &sealed, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn ask(&self, identity: &Identity) -> Result<RegistryAnswer, SealError> {
        let home = national();
        let index = self
            .sealing
            .index(&home, Field::Document, &identity.document.index_key());
        let mut tx = self.sealing.store.read(&Scope::of(&home)).await?;
        let Some(sealed) = tx.registry_person(&index).await? else {
            return Ok(RegistryAnswer::Unknown);
        };
        drop(tx);
        let known: Person = self.sealing.open(&home, SEALED, &index, &sealed).await?;
        Ok(compare(&known, identity))
    }
}

impl Registry for ImportedRegistry {
    fn compare<'a>(
        &'a self,
        identity: &'a Identity,
    ) -> Pin<Box<dyn Future<Output = RegistryAnswer> + Send + 'a>> {
        Box::pin(async move {
            self.ask(identity).await.unwrap_or_else(|error| {
                tracing::error!("the registry's copy could not be read: {error}");
                RegistryAnswer::Unavailable
            })
        })
    }
}

/// Names are compared without marks and case: registers and keyboards differ in both.
fn compare(known: &Person, identity: &Identity) -> RegistryAnswer {
    let stated = |g: Gender| matches!(g, Gender::Female | Gender::Male);
    let gender_differs =
        stated(known.gender) && stated(identity.gender) && known.gender != identity.gender;
    let differs: Vec<RegistryField> = [
        (known.name_key != identity.name.key(), RegistryField::Name),
        (!known.birth.agrees(identity.birth), RegistryField::Birth),
        (gender_differs, RegistryField::Gender),
    ]
    .into_iter()
    .filter_map(|(differs, field)| differs.then_some(field))
    .collect();
    if differs.is_empty() {
        RegistryAnswer::Match
    } else {
        RegistryAnswer::Mismatch(differs)
    }
}

fn read_line(line: &str, today: Day) -> Result<(Document, Person), &'static str> {
    let fields: Vec<&str> = line
        .split(',')
        .map(|f| f.trim().trim_matches('"'))
        .collect();
    let [number, name, birth, gender] = fields.as_slice() else {
        return Err("columns");
    };
    let document = Document::guess(number).map_err(PersonError::code)?;
    let name = FullName::parse(name).map_err(PersonError::code)?;
    let gender = match gender.to_lowercase().as_str() {
        "male" | "nam" => Gender::Male,
        "female" | "nữ" | "nu" => Gender::Female,
        "" => Gender::Unknown,
        _ => Gender::Other,
    };
    let birth = Birth::parse(birth, today).map_err(PersonError::code)?;
    Ok((
        document,
        Person {
            name_key: name.key(),
            birth,
            gender,
        },
    ))
}
