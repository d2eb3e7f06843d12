// A button that bounces switches a light on and off, and a knob says how bright it is. Board: button-led.
button <- hardware.pin1;
knob <- hardware.pin5;
light <- hardware.pin9;
isOn <- false;
presses <- 0;

function show() {
    light.write(isOn ? knob.read() / 65535.0 : 0);
}

// An edge counts if the level is still the same after a while; the edges until then are not looked at.
function listen() {
    button.configure(DIGITAL_IN_PULLUP, settle);
}

function settle() {
    button.configure(DIGITAL_IN_PULLUP);
    imp.wakeup(0.02, function() {
        if (button.read() == 0) {
            isOn = !isOn;
            presses++;
            show();
            agent.send("light", [isOn, presses]);
        }
        listen();
    });
}

function follow() {
    imp.wakeup(1, follow);
    if (isOn) show();
}

knob.configure(ANALOG_IN);
light.configure(PWM_OUT, 0.002, 0.0);
listen();
follow();
