package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.BufferOverflowException;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SpecialTokensTest {
    private static final String TEXT = "\uac00 a<|endoftext|>b";

    private final BpeTokenizer tokenizer =
            BpeTokenizer.fromJson(Expected.tokenizerJson().getBytes(UTF_8));

    @Test
    void becomeControlTokensOnlyWhenAllowed() {
        int[] allowed = tokenizer.encode(TEXT, SpecialTokens.ALLOW);
        assertThat(allowed).contains(tokenizer.endOfText());
        assertThat(tokenizer.encode(TEXT, SpecialTokens.TEXT)).doesNotContain(tokenizer.endOfText());
        assertThat(tokenizer.encode(TEXT.getBytes(UTF_8), SpecialTokens.ALLOW)).isEqualTo(allowed);
    }

    @Test
    void areRefusedByNameAndPlace() {
        assertThatThrownBy(() -> tokenizer.encode(TEXT, SpecialTokens.REFUSE))
                .isInstanceOf(SpecialTokenException.class)
                .hasMessage("text: <|endoftext|> at character 3 (expected: no special token)");
        assertThat(tokenizer.encode("a<|endoftext", SpecialTokens.REFUSE)).isEqualTo(tokenizer.encode("a<|endoftext"));
    }

    @Test
    void areWhatSentencePieceReservesWhateverAFileCallsThem() throws IOException {
        BpeTokenizer with = withAdded("</s>", "<tool>");
        assertThat(with.encode("</s>", SpecialTokens.ALLOW)).containsExactly(330);
        assertThat(with.encode("</s>", SpecialTokens.TEXT)).doesNotContain(330);
        assertThatThrownBy(() -> with.encode("</s>", SpecialTokens.REFUSE)).isInstanceOf(SpecialTokenException.class);
        for (SpecialTokens special : SpecialTokens.values()) {
            assertThat(with.encode("<tool>", special)).containsExactly(331);
        }
    }

    private static BpeTokenizer withAdded(String... contents) throws IOException {
        ObjectNode file = (ObjectNode) new ObjectMapper().readTree(Expected.tokenizerJson());
        int id = file.at("/model/vocab").size();
        for (String content : contents) {
            ((ArrayNode) file.get("added_tokens"))
                    .addObject()
                    .put("id", id++)
                    .put("content", content)
                    .put("special", false)
                    .put("normalized", false);
        }
        return BpeTokenizer.fromJson(Json.bytes(file));
    }

    @Test
    void areNotPutIntoABufferThatHasNoRoomForAll() {
        int[] ids = tokenizer.encode(TEXT, SpecialTokens.ALLOW);
        IntBuffer small = IntBuffer.allocate(ids.length - 1);
        assertThatThrownBy(() -> tokenizer.encode(TEXT, SpecialTokens.ALLOW, small))
                .isInstanceOf(BufferOverflowException.class);
        assertThat(small.position()).isZero();
        IntBuffer exact = IntBuffer.allocate(ids.length);
        assertThat(tokenizer.encode(TEXT, SpecialTokens.ALLOW, exact)).isEqualTo(ids.length);
        assertThat(exact.array()).isEqualTo(ids);
    }

    @ParameterizedTest
    @EnumSource(names = {"ALLOW", "TEXT"})
    void areTreatedInABatchAsOneByOne(SpecialTokens special) {
        Random random = new Random(31);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            texts.add(RandomTexts.next(random));
        }
        List<int[]> all = tokenizer.encodeAll(texts, special);
        assertThat(all).hasSameSizeAs(texts);
        for (int i = 0; i < all.size(); i++) {
            assertThat(all.get(i)).isEqualTo(tokenizer.encode(texts.get(i), special));
        }
    }
}
