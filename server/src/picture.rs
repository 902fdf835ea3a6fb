//! Pictures of paper sheets: known by their content, bounded, decoded and encoded anew, so that
//! neither metadata (EXIF location) nor anything hidden in the file survives (SECURITY.md T23).

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, ImageReader, Limits};
use tokio::sync::Semaphore;

/// Why a picture was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PictureError {
    /// Neither JPEG nor PNG by its content.
    #[error("the picture is neither JPEG nor PNG")]
    Kind,
    /// More pixels than a phone makes.
    #[error("the picture is too large")]
    TooLarge,
    /// Damaged.
    #[error("the picture is damaged")]
    Damaged,
}

impl PictureError {
    /// Name of its sentence: `error-<code>`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Kind => "picture-kind",
            Self::TooLarge => "picture-large",
            Self::Damaged => "picture-damaged",
        }
    }
}

const SIDE_MAX: u32 = 12_000;
/// Decoded bytes: a 24-megapixel photo has 72 million.
const BYTES_MAX: u64 = 120_000_000;
/// Longer sides are scaled down; handwriting stays legible at this size.
const SIDE_KEPT: u32 = 1_600;
const QUALITY: u8 = 80;

/// One picture at a time: decoded it takes up to 120 MB, and scans must go on meanwhile.
static DRAWING: Semaphore = Semaphore::const_new(1);

/// [`reencode`] on a thread of its own.
pub(crate) async fn reencode_aside(bytes: Vec<u8>) -> Result<Vec<u8>, PictureError> {
    let _turn = DRAWING.acquire().await.map_err(|_| PictureError::Damaged)?;
    tokio::task::spawn_blocking(move || reencode(&bytes))
        .await
        .map_err(|_| PictureError::Damaged)?
}

/// Makes a clean JPEG of what was sent.
fn reencode(bytes: &[u8]) -> Result<Vec<u8>, PictureError> {
    let format = image::guess_format(bytes).map_err(|_| PictureError::Kind)?;
    if !matches!(format, ImageFormat::Jpeg | ImageFormat::Png) {
        return Err(PictureError::Kind);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(BYTES_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let picture = reader.decode().map_err(|error| match error {
        image::ImageError::Limits(_) => PictureError::TooLarge,
        _ => PictureError::Damaged,
    })?;
    let picture = if picture.width().max(picture.height()) > SIDE_KEPT {
        picture.thumbnail(SIDE_KEPT, SIDE_KEPT)
    } else {
        picture
    };
    let mut out = Vec::new();
    picture
        .to_rgb8()
        .write_with_encoder(JpegEncoder::new_with_quality(&mut out, QUALITY))
        .map_err(|_| PictureError::Damaged)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_file_called_a_picture_is_refused() {
        assert_eq!(
            reencode(b"<html>not a picture</html>"),
            Err(PictureError::Kind)
        );
    }

    #[test]
    fn a_picture_comes_back_as_a_jpeg_of_our_own() {
        let mut png = Cursor::new(Vec::new());
        image::RgbImage::new(2_000, 10)
            .write_to(&mut png, ImageFormat::Png)
            .unwrap();
        let jpeg = reencode(png.get_ref()).unwrap();
        let read = image::load_from_memory_with_format(&jpeg, ImageFormat::Jpeg).unwrap();
        assert_eq!(read.width(), SIDE_KEPT);
    }

    #[test]
    fn a_cut_off_picture_is_refused() {
        let mut png = Cursor::new(Vec::new());
        image::RgbImage::new(20, 20)
            .write_to(&mut png, ImageFormat::Png)
            .unwrap();
        assert_eq!(reencode(&png.get_ref()[..60]), Err(PictureError::Damaged));
    }
}
