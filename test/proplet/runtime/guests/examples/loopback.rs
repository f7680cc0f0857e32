//! Hands the answers of usb through.
#![no_std]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;

wit_bindgen::generate!({
    path: ["../../../../shared/wit/component-usb.wit", "wit/loopback.wit"],
    world: "test:loopback/loopback",
    generate_all,
});

use component::usb::{device, transfers, usb_hotplug};

#[global_allocator]
static ARENA: hardware_guests::Arena = hardware_guests::Arena::new();

#[panic_handler]
fn trap(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

struct Loopback;

fn first() -> Result<UsbDevice, LibusbError> {
    device::init()?;
    let found = device::list_devices()?.into_iter().next();
    found
        .map(|(device, _, _)| device)
        .ok_or(LibusbError::NotFound)
}

impl Guest for Loopback {
    fn devices() -> Result<Vec<(DeviceDescriptor, DeviceLocation)>, LibusbError> {
        let found = device::list_devices()?;
        Ok(found
            .into_iter()
            .map(|(_, descriptor, location)| (descriptor, location))
            .collect())
    }
    fn configuration() -> Result<ConfigurationDescriptor, LibusbError> {
        first()?.get_active_configuration_descriptor()
    }
    fn transfer(
        kind: TransferType,
        setup: TransferSetup,
        size: u32,
        options: TransferOptions,
        data: Vec<u8>,
    ) -> Result<Vec<u8>, LibusbError> {
        let transfer = first()?.open()?.new_transfer(kind, setup, size, options)?;
        transfer.submit_transfer(&data)?;
        transfers::await_transfer(transfer)
    }
    fn cancel(options: TransferOptions, data: Vec<u8>) -> Result<Vec<u8>, LibusbError> {
        let setup = TransferSetup {
            bm_request_type: 0,
            b_request: 0,
            w_value: 0,
            w_index: 0,
        };
        let transfer = first()?
            .open()?
            .new_transfer(TransferType::Bulk, setup, 64, options)?;
        transfer.submit_transfer(&data)?;
        transfer.cancel_transfer()?;
        transfers::await_transfer(transfer)
    }
    fn manage(
        number: u8,
        setting: u8,
        endpoint: u8,
        config: ConfigValue,
    ) -> Vec<(String, LibusbError)> {
        let mut failed = Vec::new();
        let Ok(handle) = first().and_then(|device| device.open()) else {
            return failed;
        };
        let mut note = |name: &str, result: Result<(), LibusbError>| {
            failed.extend(result.err().map(|error| (name.into(), error)))
        };
        note("get-configuration", handle.get_configuration().map(|_| ()));
        note("set-configuration", handle.set_configuration(config));
        note("claim-interface", handle.claim_interface(number));
        note(
            "set-interface-altsetting",
            handle.set_interface_altsetting(number, setting),
        );
        note("clear-halt", handle.clear_halt(endpoint));
        note("alloc-streams", handle.alloc_streams(2, &[endpoint]));
        note("free-streams", handle.free_streams(&[endpoint]));
        note(
            "kernel-driver-active",
            handle.kernel_driver_active(number).map(|_| ()),
        );
        note("detach-kernel-driver", handle.detach_kernel_driver(number));
        note("attach-kernel-driver", handle.attach_kernel_driver(number));
        note("release-interface", handle.release_interface(number));
        note("reset-device", handle.reset_device());
        handle.close();
        note("after close", handle.claim_interface(number));
        failed
    }
    fn events() -> Result<Vec<(Event, Info)>, LibusbError> {
        usb_hotplug::enable_hotplug()?;
        Ok(usb_hotplug::poll_events()
            .into_iter()
            .map(|(event, info, _)| (event, info))
            .collect())
    }
    fn lend(handle: &DeviceHandle, endpoint: u8) -> Result<(), LibusbError> {
        handle.clear_halt(endpoint)
    }
    fn lend_device(device: &UsbDevice) -> Result<ConfigurationDescriptor, LibusbError> {
        device.get_active_configuration_descriptor()
    }
}

export!(Loopback);
