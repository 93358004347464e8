package io.maru.platform.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.platform.testkit.Servers;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ObjectStoreTest {
    /** FIPS 180-2, appendix B.1. */
    private static final String SHA256_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    private static final byte[] ABC = "abc".getBytes(StandardCharsets.US_ASCII);

    private final Servers servers = Servers.running();
    private final ObjectStore store = store(servers.s3(), servers.s3SecretKey(), servers.s3Bucket());
    private final String folder = "tests/" + UUID.randomUUID() + "/";
    private final String key = folder + "abc";

    @TempDir
    private Path files;

    @Test
    void bytesComeBackAsTheyWerePut() {
        StoredObject stored = store.put(key, ABC);

        assertThat(stored).isEqualTo(new StoredObject(key, 3, SHA256_OF_ABC));
        assertThat(store.read(key)).isEqualTo(stored);
        assertThat(store.size(key)).hasValue(3);
        assertThat(store.bytes(key, 3)).isEqualTo(ABC);
        Path file = files.resolve("new/folder/abc");
        assertThat(store.fetch(key, file, SHA256_OF_ABC)).isEqualTo(stored);
        assertThat(file).hasBinaryContent(ABC);
        assertThat(files(file.getParent())).containsExactly(file);
    }

    @Test
    void aLargeFileComesBackAsItWasPut() throws Exception {
        byte[] content = new byte[(5 << 20) + 1];
        new Random(1).nextBytes(content);
        Path file = Files.write(files.resolve("large"), content);

        StoredObject stored = store.put(key, file);

        assertThat(stored.size()).isEqualTo(content.length);
        assertThat(store.read(key)).isEqualTo(stored);
    }

    @Test
    void theStoreItselfComparesWhatItReceives() throws IOException {
        Path file = Files.write(files.resolve("abc"), ABC);
        assertThat(store.put(key, file, SHA256_OF_ABC)).isEqualTo(new StoredObject(key, 3, SHA256_OF_ABC));
        assertThat(store.read(key).sha256()).isEqualTo(SHA256_OF_ABC);

        // The file rotted after its digest was taken.
        Files.writeString(file, "abd");
        assertRefused(CommonReason.OBJECT_CORRUPT, () -> store.put(folder + "rotten", file, SHA256_OF_ABC));
        assertThat(store.size(folder + "rotten")).isEmpty();
    }

    @Test
    void whatLiesInNoFileIsSentAsItIsAndComparedToo() throws IOException {
        ObjectStore.Body abc = out -> out.write(ByteBuffer.wrap(ABC));

        StoredObject stored = store.put(key, 3, SHA256_OF_ABC, abc);

        assertThat(store.read(key)).isEqualTo(stored).isEqualTo(new StoredObject(key, 3, SHA256_OF_ABC));
        assertThat(store.attested(key)).hasValue(stored);
        ObjectStore.Body abd = out -> out.write(ByteBuffer.wrap(new byte[] {'a', 'b', 'd'}));
        assertRefused(CommonReason.OBJECT_CORRUPT, () -> store.put(folder + "rotten", 3, SHA256_OF_ABC, abd));
        assertThat(store.size(folder + "rotten")).isEmpty();
        assertThatThrownBy(() -> store.put(key, ObjectStore.MAX_PIECE + 1, SHA256_OF_ABC, abc))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatTheStoreComparedItAttests() throws IOException {
        StoredObject stored = store.put(key, Files.write(files.resolve("abc"), ABC));
        assertThat(store.attested(key)).hasValue(stored);

        // Nobody told the store a digest of these.
        store.put(folder + "bytes", ABC);
        assertThat(store.attested(folder + "bytes")).isEmpty();
        assertRefused(CommonReason.OBJECT_MISSING, () -> store.attested(folder + "none"));
    }

    @Test
    void aPartOfAnObjectIsReadAlone() throws IOException {
        store.put(key, ABC);

        try (InputStream in = store.open(key, 1, 1)) {
            assertThat(in.readAllBytes()).asString(StandardCharsets.US_ASCII).isEqualTo("b");
        }
    }

    /** A checkpoint that is given up must not be sent to its end. */
    @Test
    void whoeverIsInterruptedSendsNothing() throws IOException {
        Path file = Files.write(files.resolve("abc"), ABC);
        Thread.currentThread().interrupt();

        assertRefused(CommonReason.OBJECT_STORE_UNAVAILABLE, () -> store.put(key, file));

        assertThat(Thread.interrupted()).isTrue();
        assertThat(store.size(key)).isEmpty();
    }

    @Test
    void anEmptyObjectIsAnObject() {
        store.put(key, new byte[0]);

        assertThat(store.size(key)).hasValue(0);
        assertThat(store.bytes(key, 0)).isEmpty();
    }

    @Test
    void otherBytesThanExpectedAreCorruptAndLeaveNoFile() throws IOException {
        store.put(key, ABC);
        String expected = "0".repeat(64);

        assertThatExceptionOfType(Refusal.class)
                .isThrownBy(() -> store.fetch(key, files.resolve("abc"), expected))
                .withMessage("%s: sha256 is %s (expected: %s)", key, SHA256_OF_ABC, expected)
                .extracting(Refusal::reason)
                .isEqualTo(CommonReason.OBJECT_CORRUPT);
        assertThat(files(files)).isEmpty();
    }

    @Test
    void otherBytesThanExpectedDoNotReplaceAFileThatIsThere() throws IOException {
        store.put(key, ABC);
        Path file = Files.writeString(files.resolve("abc"), "good");

        assertRefused(CommonReason.OBJECT_CORRUPT, () -> store.fetch(key, file, "0".repeat(64)));

        assertThat(file).hasContent("good");
        assertThat(files(files)).containsExactly(file);
    }

    @Test
    void whatIsNotThereIsMissing() {
        assertThat(store.size(key)).isEmpty();
        assertRefused(CommonReason.OBJECT_MISSING, () -> store.open(key));
        assertRefused(CommonReason.OBJECT_MISSING, () -> store.bytes(key, 10));
        assertRefused(CommonReason.OBJECT_MISSING, () -> store.read(key));
        assertRefused(CommonReason.OBJECT_MISSING, () -> store.copy(key, folder + "b"));
        assertRefused(CommonReason.OBJECT_MISSING, () -> store.fetch(key, files.resolve("abc")));
        assertThat(files(files)).isEmpty();
    }

    @Test
    void aSmallObjectThatIsTooLargeIsCorrupt() {
        store.put(key, ABC);

        assertRefused(CommonReason.OBJECT_CORRUPT, () -> store.bytes(key, 2));
    }

    @Test
    void listsWhatBeginsWithAPrefixSorted() {
        for (String name : List.of("b/2", "b/10", "a", "b-c", "b/ü +&")) {
            store.put(folder + name, ABC);
        }

        assertThat(store.list(folder + "b"))
                .containsExactly(folder + "b-c", folder + "b/10", folder + "b/2", folder + "b/ü +&");
        assertThat(store.list(folder + "c")).isEmpty();
    }

    @Test
    void aCopyHasTheSameBytesAndOutlivesItsSource() {
        store.put(key, ABC);

        store.copy(key, folder + "copy");
        store.delete(key);

        assertThat(store.bytes(folder + "copy", 3)).isEqualTo(ABC);
        assertThat(store.size(key)).isEmpty();
        // Whoever deletes may be the second to do it.
        store.delete(key);
    }

    @Test
    void aStoreThatIsOutOfReachIsUnavailable() throws IOException {
        int port;
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = closed.getLocalPort();
        }
        ObjectStore nobody = store("http://127.0.0.1:" + port, "secret", "maru");
        Path file = Files.write(files.resolve("abc"), ABC);

        assertThat(nobody.isReachable()).isFalse();
        assertRefused(CommonReason.OBJECT_STORE_UNAVAILABLE, () -> nobody.put(key, ABC));
        assertRefused(CommonReason.OBJECT_STORE_UNAVAILABLE, () -> nobody.put(key, file));
        assertRefused(CommonReason.OBJECT_STORE_UNAVAILABLE, () -> nobody.size(key));
        assertRefused(CommonReason.OBJECT_STORE_UNAVAILABLE, () -> nobody.list(folder));
        assertRefused(CommonReason.OBJECT_STORE_UNAVAILABLE, () -> nobody.copy(key, folder + "b"));
        assertRefused(CommonReason.OBJECT_STORE_UNAVAILABLE, () -> nobody.fetch(key, files.resolve("new")));
        assertThat(files(files)).containsExactly(file);
    }

    /** Work that meets it waits, where a missing object would fail it for good. */
    @Test
    void aBucketThatIsNotThereYetIsAStoreThatIsNotReady() {
        ObjectStore early = store(servers.s3(), servers.s3SecretKey(), "bucket-" + UUID.randomUUID());

        assertThat(early.isReachable()).isFalse();
        assertRefused(CommonReason.OBJECT_STORE_UNAVAILABLE, () -> early.put(key, ABC));
        assertRefused(CommonReason.OBJECT_STORE_UNAVAILABLE, () -> early.list(folder));
        assertRefused(CommonReason.OBJECT_STORE_UNAVAILABLE, () -> early.open(key));

        early.createBucketIfAbsent();
        early.createBucketIfAbsent();

        assertThat(early.isReachable()).isTrue();
        early.put(key, ABC);
        assertThat(early.list(folder)).containsExactly(key);
    }

    @Test
    void aWrongSecretIsNamed() {
        ObjectStore stranger = store(servers.s3(), "not the secret", servers.s3Bucket());

        assertThatThrownBy(() -> stranger.put(key, ABC))
                .hasMessage(key + ": the object store answered SignatureDoesNotMatch");
    }

    @Test
    void aStoreThatBreaksOffIsUnavailableAndLeavesNoFile() throws Exception {
        try (ServerSocket door = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<Void> answered = CompletableFuture.runAsync(() -> answerTheHalf(door));
            ObjectStore breaking = store("http://127.0.0.1:" + door.getLocalPort(), "secret", "maru");

            assertRefused(CommonReason.OBJECT_STORE_UNAVAILABLE, () -> breaking.fetch(key, files.resolve("abc")));

            answered.get();
        }
        assertThat(files(files)).isEmpty();
    }

    /** A disk that is full is no store that is down: nothing gets better by asking the store again. */
    @Test
    void aDiskThatFailsIsNotTakenForAStoreThatIsDown() throws IOException {
        store.put(key, ABC);
        Path noFolder = Files.writeString(files.resolve("file"), "");

        assertThatThrownBy(() -> store.fetch(key, noFolder.resolve("abc"))).isInstanceOf(UncheckedIOException.class);
    }

    /** Takes one request, promises six bytes, and hangs up after three. */
    private static void answerTheHalf(ServerSocket door) {
        try (Socket caller = door.accept()) {
            InputStream request = caller.getInputStream();
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                head.append((char) request.read());
            }
            caller.getOutputStream()
                    .write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ObjectStore store(String endpoint, String secret, String bucket) {
        return ObjectStore.at(endpoint, Servers.running().s3AccessKey(), secret, bucket);
    }

    private static void assertRefused(CommonReason reason, ThrowingCallable call) {
        assertThatExceptionOfType(Refusal.class)
                .isThrownBy(call)
                .extracting(Refusal::reason)
                .isEqualTo(reason);
    }

    private static List<Path> files(Path folder) {
        try (var entries = Files.list(folder)) {
            return entries.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
