//! The pass as a picture: QR version and level chosen for phones at arm's length.

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

/// Modules of white around the code; scanners want four.
const QUIET: usize = 4;
/// Pixels a module in the PNG.
const SCALE: usize = 8;

/// A text could not be drawn.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QrError {
    /// Too long for a QR code.
    #[error("the text does not fit a QR code")]
    Text(#[from] qrcode::types::QrError),
    /// The PNG could not be written.
    #[error("the picture could not be written")]
    Png(#[from] png::EncodingError),
}

fn code(text: &str) -> Result<QrCode, QrError> {
    Ok(QrCode::with_error_correction_level(text, EcLevel::M)?)
}

/// As SVG, black on white.
pub(crate) fn svg(text: &str) -> Result<String, QrError> {
    let code = code(text)?;
    Ok(code
        .render::<svg::Color<'_>>()
        .quiet_zone(true)
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("#fff"))
        .min_dimensions(240, 240)
        .build())
}

/// As a one-bit PNG.
pub(crate) fn png(text: &str) -> Result<Vec<u8>, QrError> {
    let code = code(text)?;
    let width = code.width();
    let colours = code.to_colors();
    let side = (width + 2 * QUIET) * SCALE;
    let mut rows = Vec::with_capacity(side * side.div_ceil(8));
    for y in 0..side {
        let mut row = vec![0xff_u8; side.div_ceil(8)];
        for x in 0..side {
            let module = |at: usize| (at / SCALE).checked_sub(QUIET).filter(|m| *m < width);
            let dark = module(y)
                .zip(module(x))
                .and_then(|(my, mx)| colours.get(my * width + mx))
                .is_some_and(|c| *c == qrcode::Color::Dark);
            if dark && let Some(byte) = row.get_mut(x / 8) {
                *byte &= !(0x80 >> (x % 8));
            }
        }
        rows.extend(row);
    }
    write_png(u32::try_from(side).unwrap_or(u32::MAX), &rows)
}

fn write_png(side: u32, rows: &[u8]) -> Result<Vec<u8>, QrError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rows)?;
    writer.finish()?;
    Ok(out)
}
