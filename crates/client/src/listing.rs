//! Lists, page by page or as a stream.

use crate::{Client, Entity, Error, endpoint::Endpoint, transport::Request};
use futures_util::{
    TryStreamExt,
    stream::{BoxStream, StreamExt, try_unfold},
};
use impstead_wire::{List, PageLinks};
use reqwest::{Method, Url};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::marker::PhantomData;

/// The largest page that the service gives.
const MAX_PAGE_SIZE: u32 = 100;

/// A list that has not been fetched yet.
///
/// Whole lists are read page by page, a hundred items at a time. The service orders them; where a list changes while it
/// is read, an item may be missed or come twice.
#[derive(Clone, Debug)]
#[must_use = "nothing is fetched until `stream`, `pages`, `page` or `collect` is called"]
pub struct Listing<T> {
    client: Client,
    /// An error if the list belongs to something that no id can name.
    url: Result<Url, Error>,
    page_size: u32,
    paged: bool,
    item: PhantomData<fn() -> T>,
}

/// One page of a list.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// The page's items, possibly none.
    pub items: Vec<Entity<T>>,
    /// Where its neighbours are; the last page has no `next`.
    pub links: PageLinks,
}

impl<T: DeserializeOwned + Send + 'static> Listing<T> {
    pub(crate) fn new(client: &Client, url: Result<Url, Error>) -> Self {
        Self { client: client.clone(), url, page_size: MAX_PAGE_SIZE, paged: true, item: PhantomData }
    }

    /// A list that takes no page parameters.
    pub(crate) fn unpaged(client: &Client, url: Result<Url, Error>) -> Self {
        Self { paged: false, ..Self::new(client, url) }
    }

    pub(crate) fn filter(mut self, name: &str, value: Option<&str>) -> Self {
        if let (Some(value), Ok(url)) = (value, &mut self.url) {
            url.query_pairs_mut().append_pair(&format!("filter[{name}]"), value);
        }
        self
    }

    /// A parameter that is no filter.
    pub(crate) fn parameter(mut self, name: &str, value: Option<&str>) -> Self {
        if let (Some(value), Ok(url)) = (value, &mut self.url) {
            url.query_pairs_mut().append_pair(name, value);
        }
        self
    }

    /// Asks for pages of this many items, from 1 to 100; a hundred unless set. Other numbers become the nearest.
    pub fn page_size(mut self, size: u32) -> Self {
        self.page_size = size.clamp(1, MAX_PAGE_SIZE);
        self
    }

    /// Fetches one page; the first has number 1. A page past the end is empty.
    pub async fn page(&self, number: u32) -> Result<Page<T>, Error> {
        self.fetch(self.url_of(number.max(1))?).await
    }

    /// Streams all items, fetching each page when the one before is used up.
    ///
    /// Holds one page in memory, however long the list is. Ends after the first error.
    pub fn stream(self) -> BoxStream<'static, Result<Entity<T>, Error>> {
        let items = |page: Page<T>| futures_util::stream::iter(page.items.into_iter().map(Ok));
        self.pages().map_ok(items).try_flatten().boxed()
    }

    /// Streams all pages. Ends after the first error.
    ///
    /// # Errors
    /// [`Error::PagingLoop`] if the links lead back to a page that was read already.
    pub fn pages(self) -> BoxStream<'static, Result<Page<T>, Error>> {
        let first = Walk { next: Some(self.url_of(1)), mark: None, steps: 0, mark_at: 1 };
        try_unfold((self, first), |(listing, mut walk)| async move {
            let Some(url) = walk.next.take().transpose()? else { return Ok(None) };
            let page = listing.fetch(url.clone()).await?;
            walk.advance(&listing.client.inner.endpoint, url, page.links.next.as_deref());
            Ok(Some((page, (listing, walk))))
        })
        .boxed()
    }

    /// Collects all items.
    pub async fn collect(self) -> Result<Vec<Entity<T>>, Error> {
        self.stream().try_collect().await
    }

    fn url_of(&self, number: u32) -> Result<Url, Error> {
        let mut url = self.url.clone()?;
        if self.paged {
            let (number, size) = (number.to_string(), self.page_size.to_string());
            url.query_pairs_mut().append_pair("page[number]", &number).append_pair("page[size]", &size);
        }
        Ok(url)
    }

    async fn fetch(&self, url: Url) -> Result<Page<T>, Error> {
        let answer = self.client.execute(Request::new(Method::GET, url)).await?;
        let List { data, links } = answer.decode::<List<Box<RawValue>>>()?;
        let items = data.into_iter().map(|raw| Entity::new(raw, &answer.operation)).collect::<Result<_, _>>()?;
        Ok(Page { items, links })
    }
}

/// Where the `next` link of the page at `url` leads.
///
/// It is followed as it is, unless it names another host (a service behind a proxy may not know its own address): then
/// only its query counts, and the token stays with the endpoint.
fn follow(url: &Url, next: &str) -> Option<Url> {
    let next = url.join(next).ok()?;
    if next.origin() == url.origin() {
        return Some(next);
    }
    let mut here = url.clone();
    here.set_query(next.query());
    Some(here)
}

/// Walks along `next` links in constant memory.
struct Walk {
    next: Option<Result<Url, Error>>,
    /// A page read earlier: the links loop if they come back to it. It moves to the present page after 1, 2, 4, 8 …
    /// pages, so that sooner or later it lies within a loop of any length.
    mark: Option<Url>,
    steps: u64,
    mark_at: u64,
}

impl Walk {
    /// Goes from the page at `url` to `next`. A loop is an error for the reader only once it asks for another page.
    fn advance(&mut self, endpoint: &Endpoint, url: Url, next: Option<&str>) {
        let Some(next) = next.filter(|next| !next.is_empty()) else { return };
        self.next = Some(match follow(&url, next) {
            Some(next) if next != url && self.mark.as_ref() != Some(&next) => Ok(next),
            _ => Err(Error::PagingLoop { operation: format!("GET {}", endpoint.shown_path(&url)) }),
        });
        self.steps += 1;
        if self.steps == self.mark_at {
            self.mark_at *= 2;
            self.mark = Some(url);
        }
    }
}
