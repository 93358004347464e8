package io.maru.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.maru.checkpoint.v1.ExportModelVersionResponse;
import io.maru.checkpoint.v1.ExportModelVersionResponse.Header;
import io.maru.checkpoint.v1.ExportModelVersionResponse.Trailer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReceivedFilesTest {
    /** Of "abc", an example of FIPS 180-4. */
    private static final String ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @TempDir
    Path folder;

    private static ExportModelVersionResponse header(String name, long size) {
        return ExportModelVersionResponse.newBuilder()
                .setHeader(Header.newBuilder().setFileName(name).setSize(size))
                .build();
    }

    private static ExportModelVersionResponse chunk(String text) {
        return ExportModelVersionResponse.newBuilder()
                .setChunk(ByteString.copyFromUtf8(text))
                .build();
    }

    private static ExportModelVersionResponse trailer(String sha256) {
        return ExportModelVersionResponse.newBuilder()
                .setTrailer(Trailer.newBuilder().setSha256(sha256))
                .build();
    }

    private List<ReceivedFiles.File> write(ExportModelVersionResponse... parts) {
        return ReceivedFiles.write(List.of(parts).iterator(), folder.resolve("out"));
    }

    @Test
    void writesEachFileThatIsWhole() throws IOException {
        assertThat(write(
                        header("a", 3),
                        chunk("a"),
                        chunk("bc"),
                        trailer(ABC),
                        header("b", 3),
                        chunk("abc"),
                        trailer(ABC)))
                .extracting(ReceivedFiles.File::name)
                .containsExactly("a", "b");

        assertThat(folder.resolve("out/a")).hasContent("abc");
        assertThat(folder.resolve("out")).isDirectoryContaining(file -> file.endsWith("b"));
        try (var files = Files.list(folder.resolve("out"))) {
            assertThat(files).hasSize(2);
        }
    }

    @Test
    void aFileThatIsCutOrOtherThanWasSentIsNotLeftUnderItsName() {
        assertThatThrownBy(() -> write(header("a", 3), chunk("ab"))).hasMessageContaining("a: 2 bytes");
        assertThatThrownBy(() -> write(header("a", 3), chunk("abd"), trailer(ABC)))
                .hasMessageContaining("expected: 3 bytes with sha256 " + ABC);
        assertThat(folder.resolve("out/a")).doesNotExist();
    }

    @Test
    void aNameThatLeavesTheFolderIsRefused() {
        assertThatThrownBy(() -> write(header("../a", 3), chunk("abc"), trailer(ABC)))
                .hasMessageContaining("expected: a plain name");
        assertThat(folder.resolve("a")).doesNotExist();
    }

    @Test
    void aFolderWithSomethingInItIsRefused() throws IOException {
        Files.writeString(folder.resolve("config.json"), "{}");

        assertThatThrownBy(() -> ReceivedFiles.requireEmpty(folder)).hasMessageContaining("not empty");
        ReceivedFiles.requireEmpty(folder.resolve("none"));
    }
}
