//! Bindings of the WIT package: the shared types once, then one world per interface, because
//! each interface is optional.

mod generated {
    pub(crate) mod shared {
        wasmtime::component::bindgen!({ path: "../wit/v1", world: "shared" });
    }
    pub(crate) mod form {
        wasmtime::component::bindgen!({
            path: "../wit/v1",
            world: "has-form",
            with: { "khaibao:province/types": super::shared::khaibao::province::types },
        });
    }
    pub(crate) mod assess {
        wasmtime::component::bindgen!({
            path: "../wit/v1",
            world: "has-assess",
            with: { "khaibao:province/types": super::shared::khaibao::province::types },
        });
    }
    pub(crate) mod gate {
        wasmtime::component::bindgen!({
            path: "../wit/v1",
            world: "has-gate",
            with: { "khaibao:province/types": super::shared::khaibao::province::types },
        });
    }
    pub(crate) mod report {
        wasmtime::component::bindgen!({
            path: "../wit/v1",
            world: "has-report",
            with: { "khaibao:province/types": super::shared::khaibao::province::types },
        });
    }
}

pub(crate) use generated::assess::HasAssessPre;
pub(crate) use generated::assess::exports::khaibao::province::assess;
pub(crate) use generated::form::HasFormPre;
pub(crate) use generated::form::exports::khaibao::province::form;
pub(crate) use generated::gate::HasGatePre;
pub(crate) use generated::gate::exports::khaibao::province::gate;
pub(crate) use generated::report::HasReportPre;
pub(crate) use generated::report::exports::khaibao::province::report;
pub(crate) use generated::shared::khaibao::province::types;

/// The one import a component may name: the shared types, which hold no function.
pub(crate) const TYPES: &str = "khaibao:province/types@1.0.0";
/// Interfaces a component may export.
pub(crate) const FORM: &str = "khaibao:province/form@1.0.0";
/// See [`FORM`].
pub(crate) const ASSESS: &str = "khaibao:province/assess@1.0.0";
/// See [`FORM`].
pub(crate) const GATE: &str = "khaibao:province/gate@1.0.0";
/// See [`FORM`].
pub(crate) const REPORT: &str = "khaibao:province/report@1.0.0";
/// Major and minor version of the package this server speaks.
pub(crate) const API: (u32, u32) = (1, 0);
