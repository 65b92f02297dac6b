//! The WebSocket of a session, which gives back the memory for long messages while nothing is on its way: the library keeps
//! buffers for the longest message of each direction, and an agent sends long ones only when it comes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use countersign_protocol::MAXIMUM_FRAME_BYTES;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::frame_follower::FrameFollower;

/// What is read at once, and kept while nothing comes. The default of the library costs fifteen times the memory of an idle
/// connection.
const READ_BUFFER_BYTES: usize = 256;

/// A WebSocket over a stream.
pub(crate) struct Socket<S>(Option<WebSocketStream<Followed<S>>>);

fn configuration() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * MAXIMUM_FRAME_BYTES)
        .max_message_size(Some(MAXIMUM_FRAME_BYTES))
        .max_frame_size(Some(MAXIMUM_FRAME_BYTES))
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// On a stream that was upgraded, from which some bytes were read already.
    pub(super) async fn new(stream: S, read_ahead: Vec<u8>) -> Self {
        let mut followed = Followed { stream, received: FrameFollower::default(), longest: 0 };
        followed.note_received(&read_ahead);
        let configuration = Some(configuration());
        Self(Some(
            WebSocketStream::from_partially_read(followed, read_ahead, Role::Server, configuration).await,
        ))
    }

    /// The next message; nothing when the connection has ended. May be dropped while it waits; nothing is lost by that.
    pub(super) async fn next(&mut self) -> Option<Result<Message, Error>> {
        std::future::poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Message, Error>>> {
        loop {
            let Some(socket) = &mut self.0 else { return Poll::Ready(None) };
            if let Poll::Ready(received) = socket.poll_next_unpin(context) {
                return Poll::Ready(received);
            }
            // Everything that has come was taken out of the buffers, if it was complete.
            if !socket.get_ref().is_worth_a_new_one()
                || !matches!(socket.poll_flush_unpin(context), Poll::Ready(Ok(())))
            {
                return Poll::Pending;
            }
            self.renew();
        }
    }

    /// Goes on with empty buffers.
    fn renew(&mut self) {
        let Some(socket) = self.0.take() else { return };
        let mut followed = socket.into_inner();
        followed.longest = 0;
        // It is ready at once, as there is nothing to wait for.
        self.0 =
            WebSocketStream::from_raw_socket(followed, Role::Server, Some(configuration())).now_or_never();
    }

    /// Sends a message.
    pub(super) async fn send(&mut self, message: Message) -> Result<(), Error> {
        match &mut self.0 {
            Some(socket) => socket.send(message).await,
            None => Err(Error::ConnectionClosed),
        }
    }

    /// Begins to close.
    pub(super) async fn close(&mut self, frame: CloseFrame) -> Result<(), Error> {
        match &mut self.0 {
            Some(socket) => socket.close(Some(frame)).await,
            None => Err(Error::ConnectionClosed),
        }
    }

    /// Reads what still comes, and heeds none of it.
    pub(super) async fn drain(&mut self) -> io::Result<()> {
        if let Some(socket) = &mut self.0 {
            tokio::io::copy(socket.get_mut(), &mut tokio::io::sink()).await?;
        }
        Ok(())
    }
}

/// The stream below a WebSocket, and what is known of the frames that pass.
struct Followed<S> {
    stream: S,
    received: FrameFollower,
    /// The most bytes that came for one frame or were written at once, since the buffers were new.
    longest: u64,
}

impl<S> Followed<S> {
    fn note_received(&mut self, bytes: &[u8]) {
        self.received.follow(bytes);
        self.longest = self.longest.max(self.received.length());
    }

    /// Whether the buffers have become long, and what was received holds no part of a message.
    fn is_worth_a_new_one(&self) -> bool {
        self.longest > READ_BUFFER_BYTES as u64 && self.received.is_between_messages()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Followed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.note_received(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Followed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.longest = self.longest.max(bytes.len() as u64);
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt as _, DuplexStream};

    use super::*;

    async fn pair() -> (Socket<DuplexStream>, WebSocketStream<DuplexStream>) {
        let (server, client) = tokio::io::duplex(4 * MAXIMUM_FRAME_BYTES);
        let client = WebSocketStream::from_raw_socket(client, Role::Client, None).await;
        (Socket::new(server, Vec::new()).await, client)
    }

    /// How long the buffers of a socket have become.
    fn longest(socket: &Socket<DuplexStream>) -> u64 {
        socket.0.as_ref().unwrap().get_ref().longest
    }

    #[tokio::test]
    async fn long_messages_leave_no_long_buffers_and_nothing_is_lost() {
        let (mut socket, mut client) = pair().await;
        for length in [0, 1, 125, 126, 300, 5000, 70_000, MAXIMUM_FRAME_BYTES, 10] {
            let message = Message::Binary(vec![7; length].into());
            client.send(message.clone()).await.unwrap();
            client.send(Message::Binary(vec![8; 3].into())).await.unwrap();
            assert_eq!(socket.next().await.unwrap().unwrap(), message, "{length}");
            assert_eq!(socket.next().await.unwrap().unwrap().into_data(), vec![8; 3], "{length}");
            assert!(socket.next().now_or_never().is_none());
            assert!(longest(&socket) <= READ_BUFFER_BYTES as u64, "{length}");
            socket.send(message.clone()).await.unwrap();
            assert_eq!(client.next().await.unwrap().unwrap(), message, "{length}");
            assert!(socket.next().now_or_never().is_none());
            assert!(longest(&socket) <= READ_BUFFER_BYTES as u64, "{length}");
        }
        client.close(None).await.unwrap();
        assert!(matches!(socket.next().await, Some(Ok(Message::Close(None)))));
    }

    #[tokio::test]
    async fn a_message_that_comes_in_pieces_is_waited_for() {
        let (server, mut client) = tokio::io::duplex(10_000);
        // The first bytes came with the upgrade: a frame without an end of its message, masked with zeros, and half of the next head.
        let mut frames = vec![0x02, 0x80 | 0x7e, 0x03, 0xe8, 0, 0, 0, 0];
        frames.extend([5; 1000]);
        frames.extend([0x80, 0x80 | 3, 0, 0, 0, 0, 6, 6, 6]);
        frames.extend([0x89, 0x80 | 1, 0, 0, 0, 0, b'p']);
        frames.extend([0x82, 0x80, 0, 0, 0, 0]);
        let mut socket = Socket::new(server, frames[..3].to_vec()).await;
        let mut received = Vec::new();
        for byte in &frames[3..] {
            client.write_all(&[*byte]).await.unwrap();
            if let Some(message) = socket.next().now_or_never() {
                received.push(message.unwrap().unwrap());
            }
        }
        let mut first = vec![5; 1000];
        first.extend([6; 3]);
        assert_eq!(
            received,
            [
                Message::Binary(first.into()),
                Message::Ping(vec![b'p'].into()),
                Message::Binary(Vec::new().into())
            ]
        );
        // The ping was answered.
        let mut client = WebSocketStream::from_raw_socket(client, Role::Client, None).await;
        assert_eq!(client.next().await.unwrap().unwrap(), Message::Pong(vec![b'p'].into()));
    }
}
