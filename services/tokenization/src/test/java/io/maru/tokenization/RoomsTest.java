package io.maru.tokenization;

import io.maru.platform.testkit.Rooms;
import org.junit.jupiter.api.Test;

class RoomsTest {
    @Test
    void aRoomSeesWhatItMay() {
        Rooms.check("io.maru.tokenization");
    }
}
